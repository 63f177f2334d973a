using CsCheck;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;

namespace Spex.Core.Tests.Designs;

/// <summary>Every design's fast form writes the masks of its scalar one, wherever a block begins and ends.</summary>
public class BlockedGenerationTests
{
    [Fact]
    public void Uniform() =>
        Gen.Select(Gen.OneOf(Gen.Int[1, 300], Gen.Int[2000, 70_000]), Gen.ULong, Gen.Int[0, 200], Gen.Int[0, 150]).Sample((features, seed, start, count) =>
        {
            long all = features < 10 ? 1L << features : 400;
            start = (int)Math.Min(start, all);
            Compare(new UniformDesign(features, seed, 3, all), start, (int)Math.Min(count, all - start));
        });

    [Fact]
    public void Uniform_far_out() => Compare(new UniformDesign(200, 1, 2, 1L << 40), (1L << 40) - 100, 100);

    [Fact]
    public void Exhaustive() =>
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 4096], Gen.Int[0, 4096]).Sample((features, start, count) =>
        {
            start = Math.Min(start, 1 << features);
            Compare(new ExhaustiveDesign(features), start, Math.Min(count, (1 << features) - start));
        });

    [Fact]
    public void Stored() => Compare(new StoredDesign(new UniformDesign(130, 1, 1, 50).ToMatrix(0, 50)), 7, 40);

    [Fact]
    public void Spex() =>
        Gen.Select(Gen.OneOf(Gen.Int[3, 70], Gen.Int[100, 600]), Gen.Int[3, 6], Gen.Int[0, 3], Gen.ULong, Gen.Int[0, 3000], Gen.Int[0, 1500]).Sample(
            (features, log2Bins, extraDelays, seed, start, count) =>
            {
                SpexDesign design = new(BchCode.ForFeatures(features, 2), Math.Min(log2Bins, features), 3, extraDelays, seed);
                start = (int)Math.Min(start, design.Count);
                Compare(design, start, (int)Math.Min(count, design.Count - start));
            });

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 17)]
    [InlineData(10, 7)]
    public void Masks_beyond_the_design_are_refused(long start, int count)
    {
        MaskDesign[] designs = [new ExhaustiveDesign(4), new UniformDesign(4, 0, 0, 16), new StoredDesign(new ExhaustiveDesign(4).ToMatrix(0, 16))];
        Assert.All(designs, design => Assert.Throws<ArgumentOutOfRangeException>(() => design.WriteMasks(start, count, new ulong[20])));
    }

    [Fact]
    public void Affine() =>
        Gen.Select(Gen.OneOf(Gen.Int[1, 1200], Gen.Int[10_000, 12_000]), Gen.Int[0, 9], Gen.ULong, Gen.Int[0, 512], Gen.Int[0, 512]).Sample((features, dimension, seed, start, count) =>
        {
            MaskMatrix basis = new(dimension, features);
            ulong[] offset = new ulong[basis.WordsPerRow];
            Philox.Fill(seed, 0, 0, basis.Words);
            Philox.Fill(seed, 1, 0, offset);
            start = Math.Min(start, 1 << dimension);
            count = Math.Min(count, (1 << dimension) - start);
            AffineMasks masks = new(basis);
            MaskMatrix block = new(count, features);
            masks.Write(offset, start, count, block.Words);
            ulong[] one = new ulong[basis.WordsPerRow];
            for (int row = 0; row < count; row++)
            {
                masks.WriteOne(offset, start + row, one);
                Assert.Equal(one, block.Row(row).ToArray());
            }
        });

    private static void Compare(MaskDesign design, long start, int count)
    {
        MaskMatrix expected = design.ToMatrix(start, count);
        ulong[] words = new ulong[expected.Words.Length];
        design.WriteMasks(start, count, words);
        Assert.Equal(expected.Words, words);
    }
}
