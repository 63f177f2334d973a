using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Core.Tests.Designs;

public class StoredDesignTests
{
    [Fact]
    public void Gives_the_rows_back()
    {
        MaskMatrix masks = new(2, 70) { [0, 69] = true, [1, 3] = true };
        StoredDesign design = new(masks);
        Assert.Equal(2, design.Count);
        Assert.Equal(masks.Words, design.ToMatrix(0, 2).Words);
    }

    [Fact]
    public void A_mask_given_twice_is_refused_with_both_rows()
    {
        MaskMatrix masks = new(3, 70) { [0, 69] = true, [1, 3] = true, [2, 69] = true };
        SpexInputException error = Assert.Throws<SpexInputException>(() => new StoredDesign(masks));
        Assert.Contains("Masks 0 and 2", error.Message);
    }

    [Fact]
    public void Bits_beyond_the_last_feature_are_refused()
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => new StoredDesign(new MaskMatrix(1, 3, [8])));
        Assert.Contains("beyond its 3 features", error.Message);
    }
}
