using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Core.Tests.Designs;

public class UniformDesignTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(16)]
    public void As_many_masks_as_there_are_enumerates_them_all(int featureCount)
    {
        UniformDesign design = new(featureCount, seed: 7, stream: 3, count: 1L << featureCount);
        HashSet<ulong> seen = [];
        ulong[] mask = new ulong[1];
        for (long i = 0; i < design.Count; i++)
        {
            design.WriteMask(i, mask);
            Assert.True(mask[0] < 1UL << featureCount);
            seen.Add(mask[0]);
        }

        Assert.Equal(design.Count, seen.Count);
    }

    [Fact]
    public void Masks_are_distinct_and_keep_to_their_features() =>
        Gen.Select(Gen.Int[1, 400], Gen.ULong, Gen.ULong).Sample((featureCount, seed, stream) =>
        {
            long count = featureCount < 9 ? 1L << featureCount : 500;
            UniformDesign design = new(featureCount, seed, stream, count);

            // StoredDesign refuses repeats and bits beyond the last feature.
            StoredDesign stored = new(design.ToMatrix(0, (int)count));
            Assert.Equal(count, stored.Count);
        });

    [Fact]
    public void The_permutation_of_64_bits_repeats_nothing_for_far_indices()
    {
        ReadOnlySpan<ulong> keys = new UniformDesign(64, 1, 2, 0).Keys;
        HashSet<ulong> seen = [];
        for (int i = 0; i < 64; i++)
        {
            seen.Add(UniformDesign.Permute(1UL << i, 64, keys));
            seen.Add(UniformDesign.Permute(~(1UL << i), 64, keys));
        }

        Assert.Equal(128, seen.Count);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(64)]
    [InlineData(127)]
    [InlineData(1000)]
    public void Features_are_present_half_of_the_time_and_pairwise_independent(int featureCount)
    {
        const int Count = 20_000;
        MaskMatrix masks = new UniformDesign(featureCount, seed: 5, stream: 0, Count).ToMatrix(0, Count);

        // Five standard deviations of a fair coin: wrong once in two million features.
        double bound = 5 * Math.Sqrt(Count) / 2;
        for (int i = 0; i < featureCount; i++)
        {
            int other = (i + 1) % featureCount;
            int present = 0, equal = 0, equalBefore = 0;
            for (int row = 0; row < Count; row++)
            {
                present += masks[row, i] ? 1 : 0;
                equal += masks[row, i] == masks[row, other] ? 1 : 0;
                equalBefore += row > 0 && masks[row, i] == masks[row - 1, i] ? 1 : 0;
            }

            Assert.InRange(present - (Count / 2.0), -bound, bound);
            Assert.InRange(equal - (Count / 2.0), -bound, bound);
            Assert.InRange(equalBefore - (Count / 2.0), -bound, bound);
        }
    }

    [Fact]
    public void Sizes_of_small_masks_are_binomial()
    {
        // χ² of the mask sizes of 2,000 of 2^14 masks against Binomial(14, 1/2), cells 3 … 11 and the two tails: 10 degrees of freedom.
        const int Count = 2000;
        double total = 0;
        for (ulong seed = 0; seed < 20; seed++)
        {
            MaskMatrix masks = new UniformDesign(14, seed, 0, Count).ToMatrix(0, Count);
            int[] cells = new int[15];
            for (int row = 0; row < Count; row++)
            {
                cells[Math.Clamp(masks.CountPresent(row), 2, 12)]++;
            }

            double[] expected = new double[15];
            double choose = 1;
            for (int size = 0; size <= 14; size++)
            {
                expected[Math.Clamp(size, 2, 12)] += Count * choose / 16384;
                choose = choose * (14 - size) / (size + 1);
            }

            for (int size = 2; size <= 12; size++)
            {
                total += (cells[size] - expected[size]) * (cells[size] - expected[size]) / expected[size];
            }
        }

        // 200 degrees of freedom; without replacement the variance shrinks by 1 − 2000/16384. Five standard deviations above.
        Assert.InRange(total, 75, 300);
    }

    [Fact]
    public void Another_seed_or_stream_gives_other_masks_and_a_longer_count_keeps_them()
    {
        MaskMatrix masks = new UniformDesign(100, 1, 1, 50).ToMatrix(0, 50);
        Assert.Equal(masks.Words, new UniformDesign(100, 1, 1, 5000).ToMatrix(0, 50).Words);
        Assert.NotEqual(masks.Words, new UniformDesign(100, 2, 1, 50).ToMatrix(0, 50).Words);
        Assert.NotEqual(masks.Words, new UniformDesign(100, 1, 2, 50).ToMatrix(0, 50).Words);
    }

    [Fact]
    public void The_masks_of_a_seed_never_change()
    {
        // Recorded runs are continued by later versions: the bits are a promise. Computed in Python from the documented formula.
        ulong[] wide = [0x62E5FA8EFDE0A95A, 0xE169C58D6627E8D5, 0, 0xA539B06F624D8C29, 0x5CB200DBF8E4CCA4, 3];
        Assert.Equal(wide, new UniformDesign(130, 0, 0, 2).ToMatrix(0, 2).Words);
        Assert.Equal([0xDF6, 0x46F, 0x1E94], new UniformDesign(13, 5, 6, 3).ToMatrix(0, 3).Words);
    }

    [Fact]
    public void More_masks_than_there_are_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformDesign(3, 0, 0, 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformDesign(100, 0, 0, (1L << 48) + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new UniformDesign(3, 0, 0, 4).WriteMask(4, new ulong[1]));
    }

    [Fact]
    public void The_largest_feature_count_works()
    {
        const int FeatureCount = MaskMatrix.MaxFeatureCount;
        MaskMatrix masks = new UniformDesign(FeatureCount, 0, 0, 3).ToMatrix(0, 3);
        for (int row = 0; row < 3; row++)
        {
            Assert.InRange(masks.CountPresent(row) - (FeatureCount / 2), -2560, 2560);
        }
    }
}
