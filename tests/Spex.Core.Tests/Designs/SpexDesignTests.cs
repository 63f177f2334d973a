using System.Numerics;
using CsCheck;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Designs;

public class SpexDesignTests
{
    [Theory]
    [InlineData(20, 1344)]
    [InlineData(64, 1728)]
    [InlineData(12, 672)]
    [InlineData(65, 5000)]
    [InlineData(300, 7000)]
    public void All_masks_are_distinct_and_within_the_budget(int n, int budget)
    {
        SpexDesign design = SpexDesign.ForBudget(n, budget, 5, 1);
        Assert.InRange(design.Count, 1, budget);
        HashSet<string> seen = [];
        MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
        for (int row = 0; row < masks.RowCount; row++)
        {
            Assert.True(seen.Add(string.Join(',', masks.Row(row).ToArray())), $"Mask {row} was there before.");
            Assert.Equal(0UL, masks.Row(row)[^1] & ~MaskMatrix.LastWordMask(n));
        }
    }

    [Fact]
    public void A_mask_is_the_offset_plus_the_delay_plus_a_sum_of_basis_rows() =>
        Gen.Select(Gen.Int[65, 400], Gen.Int[1, 6], Gen.Int[1, 5], Gen.Int[0, 20], Gen.ULong).Sample((n, b, t, extra, seed) =>
        {
            SpexDesign design = new(BchCode.ForFeatures(n, t), b, 3, extra, seed);
            Assert.Equal(3L * design.DelayCount << b, design.Count);
            ulong[] mask = new ulong[MaskMatrix.WordsFor(n)];
            for (int k = 0; k < 20; k++)
            {
                int query = (int)((seed >> (2 * k)) % (ulong)design.Count);
                int l = query & ((1 << b) - 1), block = query >> b;
                ulong[] expected = new ulong[mask.Length];
                Xor(expected, design.Offsets.Row(block / design.DelayCount));
                Xor(expected, design.Delays.Row(block % design.DelayCount));
                for (int q = 0; q < b; q++)
                {
                    if (((l >> q) & 1) != 0)
                    {
                        Xor(expected, design.Basis(block / design.DelayCount).Row(q));
                    }
                }

                design.WriteMask(query, mask);
                Assert.Equal(expected, mask);
            }
        }, iter: 40);

    [Fact]
    public void Blocks_of_masks_are_the_masks_one_by_one() =>
        Gen.Select(Gen.Int[5, 300], Gen.Int[1, 5], Gen.ULong).Sample((n, b, seed) =>
        {
            SpexDesign design = new(BchCode.ForFeatures(n, 2), b, 3, 2, seed);
            int start = (int)(seed % (ulong)design.Count), count = Math.Min(100, (int)design.Count - start);
            ulong[] block = new ulong[count * MaskMatrix.WordsFor(n)];
            design.WriteMasks(start, count, block);
            Assert.Equal(design.ToMatrix(start, count).Words, block);
        }, iter: 40);

    [Fact]
    public void Signs_and_bins_of_a_set_are_the_sums_of_its_features()
    {
        SpexDesign design = new(BchCode.ForFeatures(100, 5), 5, 3, 0, 3);
        FeatureSet set = new(3, 41, 99);
        for (int c = 0; c < 3; c++)
        {
            int expected = 0;
            for (int q = 0; q < 5; q++)
            {
                expected |= set.Parity(design.Basis(c).Row(q)) << q;
            }

            Assert.Equal(expected, design.BinOf(c, set));
        }

        UInt128 signs = design.FeatureSigns[3] ^ design.FeatureSigns[41] ^ design.FeatureSigns[99];
        for (int d = 0; d < design.DelayCount; d++)
        {
            Assert.Equal(set.Parity(design.Delays.Row(d)), (int)((signs >> d) & 1));
        }
    }

    [Fact]
    public void The_subspaces_have_full_rank() =>
        Gen.Select(Gen.Int[3, 12], Gen.ULong).Sample((n, seed) =>
        {
            SpexDesign design = new(BchCode.ForFeatures(n, 2), n, 3, 0, seed);
            for (int c = 0; c < 3; c++)
            {
                // With b = n and full rank, the sums reach every mask.
                HashSet<ulong> sums = [];
                for (uint l = 0; l < 1u << n; l++)
                {
                    ulong sum = 0;
                    for (uint rest = l; rest != 0; rest &= rest - 1)
                    {
                        sum ^= design.Basis(c).Row(BitOperations.TrailingZeroCount(rest))[0];
                    }

                    sums.Add(sum);
                }

                Assert.Equal(1 << n, sums.Count);
            }
        }, iter: 20);

    [Fact]
    public void Spare_budget_buys_delays()
    {
        SpexDesign least = SpexDesign.ForBudget(128, 1968, 5, 0);
        SpexDesign more = SpexDesign.ForBudget(128, 3900, 5, 0);
        Assert.Equal(4, least.Log2Bins);
        Assert.Equal(4, more.Log2Bins);
        Assert.Equal(41, least.DelayCount);
        Assert.Equal(41 + ((3900 - 1968) / 48), more.DelayCount);
    }

    [Fact]
    public void A_budget_too_small_names_the_least()
    {
        long least = SpexDesign.LeastBudget(100, 5);
        Assert.Equal(least, SpexDesign.ForBudget(100, least, 5, 0).Count);
        SpexInputException error = Assert.Throws<SpexInputException>(() => SpexDesign.ForBudget(100, least - 1, 5, 0));
        Assert.Contains($"{least} ablations", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(65_536)]
    public void Any_number_of_features_has_a_design(int n)
    {
        SpexDesign design = SpexDesign.ForBudget(n, 20_000, 2, 5);
        ulong[] mask = new ulong[MaskMatrix.WordsFor(n)];
        design.WriteMask(design.Count - 1, mask);
        Assert.Equal(n, design.FeatureCount);
    }

    private static void Xor(ulong[] target, ReadOnlySpan<ulong> other)
    {
        for (int w = 0; w < target.Length; w++)
        {
            target[w] ^= other[w];
        }
    }
}
