using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Explaining;

namespace Spex.Engine.Tests.Explaining;

public class FillDesignTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 20, 12)]
    [InlineData(5, 20, 100)]
    [InlineData(12, 4000, 90)]
    [InlineData(64, 300, 200)]
    [InlineData(200, 300, 200)]
    public void Masks_are_distinct_from_the_design_and_from_each_other_and_as_many_as_there_can_be(int n, int designed, int fill)
    {
        UniformDesign design = new(n, 1, 2, designed);
        TakenMasks taken = new(design, keepMasks: true);
        FillDesign filled = FillDesign.Create(taken, seed: 3, fill);
        long all = n < 40 ? 1L << n : long.MaxValue;
        Assert.Equal(Math.Min(fill, all - designed), filled.Count);

        FillDesign further = filled.CreateFurther(taken, 50);
        Assert.Equal(Math.Min(50, all - designed - filled.Count), further.Count);

        MaskLookup seen = new(n);
        foreach (MaskDesign part in new MaskDesign[] { design, filled, further })
        {
            MaskMatrix masks = part.ToMatrix(0, (int)part.Count);
            for (int row = 0; row < masks.RowCount; row++)
            {
                seen.Add(masks.Row(row), out bool added);
                Assert.True(added, $"mask {row} of {part.GetType().Name} stands twice");
            }
        }
    }

    [Fact]
    public void The_corners_that_the_design_lacks_come_first()
    {
        MaskMatrix masks = new(2, 70) { [1, 3] = true };
        TakenMasks taken = new(new StoredDesign(masks), keepMasks: true);
        Assert.Equal(0, taken.BaselineIndex);
        Assert.Equal(-1, taken.OutputIndex);

        FillDesign filled = FillDesign.Create(taken, 0, 5);
        Assert.Equal(1, filled.CornerCount);
        Assert.Equal(0, filled.IndexOfCorner(true));
        Assert.Equal(-1, filled.IndexOfCorner(false));
        Assert.Equal(70, filled.ToMatrix(0, 1).CountPresent(0));
        Assert.Equal(4, filled.UniformCount);
    }

    [Fact]
    public void A_single_mask_left_buys_the_output()
    {
        TakenMasks taken = new(new StoredDesign(new MaskMatrix(1, 3) { [0, 1] = true }), keepMasks: true);
        FillDesign filled = FillDesign.Create(taken, 0, 1);
        Assert.Equal((1, 0, 0L), (filled.CornerCount, filled.IndexOfCorner(true), filled.UniformCount));
    }

    [Fact]
    public void Corners_are_found_at_word_borders()
    {
        foreach (int n in new[] { 1, 63, 64, 65, 128 })
        {
            MaskMatrix masks = new(3, n) { [0, 0] = true };
            masks.Row(1).Fill(ulong.MaxValue);
            masks.Row(1)[^1] = MaskMatrix.LastWordMask(n);
            TakenMasks taken = new(new StoredDesign(n == 1 ? new MaskMatrix(2, 1) { [1, 0] = true } : masks), keepMasks: false);
            Assert.Equal(1, taken.OutputIndex);
            Assert.Equal(n == 1 ? 0 : 2, taken.BaselineIndex);
        }
    }

    [Fact]
    public void After_all_masks_nothing_is_left()
    {
        TakenMasks taken = new(new ExhaustiveDesign(6), keepMasks: true);
        FillDesign filled = FillDesign.Create(taken, 0, 10);
        Assert.Equal(0, filled.Count);
        Assert.Equal((63, 0), (taken.OutputIndex, taken.BaselineIndex));
    }
}
