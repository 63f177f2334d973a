using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Core.Tests.Designs;

public class ExhaustiveDesignTests
{
    [Fact]
    public void Mask_k_has_the_bits_of_k()
    {
        ExhaustiveDesign design = new(5);
        Assert.Equal(32, design.Count);
        MaskMatrix masks = design.ToMatrix(0, 32);
        for (int row = 0; row < 32; row++)
        {
            Assert.Equal((ulong)row, masks.Row(row)[0]);
        }
    }

    [Fact]
    public void No_features_have_one_mask()
    {
        ExhaustiveDesign design = new(0);
        Assert.Equal(1, design.Count);
        design.WriteMask(0, []);
    }

    [Fact]
    public void Too_many_features_and_indices_beyond_the_end_are_refused()
    {
        Assert.Equal(1L << 30, new ExhaustiveDesign(30).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExhaustiveDesign(31));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExhaustiveDesign(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExhaustiveDesign(3).WriteMask(8, new ulong[1]));
    }
}
