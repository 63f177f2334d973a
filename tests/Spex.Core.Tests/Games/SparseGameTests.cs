using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Games;

public class SparseGameTests
{
    [Theory]
    [InlineData(SparseBasis.Fourier)]
    [InlineData(SparseBasis.Moebius)]
    public void Is_the_sum_of_its_terms(SparseBasis basis) =>
        GenTerms(130).Sample(terms =>
        {
            SparseGame game = new(130, basis, terms);
            MaskMatrix masks = new UniformDesign(130, 1, 1, 100).ToMatrix(0, 100);
            for (int row = 0; row < masks.RowCount; row++)
            {
                double expected = 0;
                foreach (SpectrumTerm term in terms.OrderBy(term => term.Set))
                {
                    int present = term.Set.Count(feature => masks[row, feature]);
                    expected += basis == SparseBasis.Fourier
                        ? ((present & 1) == 0 ? term.Coefficient : -term.Coefficient)
                        : (present == term.Set.Count ? term.Coefficient : 0);
                }

                Assert.Equal(expected, game.Evaluate(masks.Row(row)));
            }
        });

    [Theory]
    [InlineData(SparseBasis.Fourier, 0)]
    [InlineData(SparseBasis.Moebius, 0)]
    [InlineData(SparseBasis.Fourier, 0.5)]
    [InlineData(SparseBasis.Moebius, 0.5)]
    public void Many_masks_at_once_have_the_bits_of_one_by_one(SparseBasis basis, double noise) =>
        GenTerms(200).Sample(
            terms =>
            {
                SparseGame game = new(200, basis, terms, noise, seed: 9);
                MaskMatrix masks = new UniformDesign(200, 1, 1, 150).ToMatrix(0, 150);
                double[] values = game.Evaluate(masks);
                for (int row = 0; row < masks.RowCount; row++)
                {
                    Assert.Equal(BitConverter.DoubleToInt64Bits(game.Evaluate(masks.Row(row))), BitConverter.DoubleToInt64Bits(values[row]));
                }
            },
            iter: 30);

    [Fact]
    public void Noise_belongs_to_the_mask_and_is_standard_normal_times_its_deviation()
    {
        SparseGame game = new(100, SparseBasis.Fourier, [new SpectrumTerm(new FeatureSet(2, 77), 1.5)], 0.25, seed: 3);
        MaskMatrix masks = new UniformDesign(100, 8, 0, 20_000).ToMatrix(0, 20_000);
        double[] noisy = game.Evaluate(masks), again = game.Evaluate(masks), clean = game.Noiseless.Evaluate(masks);
        Assert.Equal(noisy, again);

        double sum = 0, squares = 0, fourths = 0;
        for (int i = 0; i < noisy.Length; i++)
        {
            double noise = (noisy[i] - clean[i]) / 0.25;
            sum += noise;
            squares += noise * noise;
            fourths += noise * noise * noise * noise;
        }

        // Five standard deviations of the sample's mean (σ = 1), second (σ² = 2) and fourth moment (σ² = 96).
        double root = Math.Sqrt(noisy.Length);
        Assert.InRange(sum / noisy.Length, -5 / root, 5 / root);
        Assert.InRange(squares / noisy.Length, 1 - (5 * Math.Sqrt(2) / root), 1 + (5 * Math.Sqrt(2) / root));
        Assert.InRange(fourths / noisy.Length, 3 - (5 * Math.Sqrt(96) / root), 3 + (5 * Math.Sqrt(96) / root));
    }

    [Fact]
    public void Noise_differs_between_seeds_and_between_neighbouring_masks()
    {
        SparseGame first = new(70, SparseBasis.Fourier, [], 1, seed: 1), second = new(70, SparseBasis.Fourier, [], 1, seed: 2);
        HashSet<double> values = [];
        ulong[] mask = new ulong[2];
        for (int i = 0; i < 70; i++)
        {
            mask.AsSpan().Clear();
            mask[i >> 6] = 1UL << (i & 63);
            values.Add(first.Evaluate(mask));
            values.Add(second.Evaluate(mask));
        }

        Assert.Equal(140, values.Count);
    }

    [Fact]
    public void The_order_of_the_terms_changes_neither_values_nor_hash()
    {
        SpectrumTerm[] terms = [new(new FeatureSet(1), 0.1), new(FeatureSet.Empty, 0.7), new(new FeatureSet(0, 3), 0.2), new(new FeatureSet(2), 1e-9)];
        SparseGame game = new(4, SparseBasis.Fourier, terms), reversed = new(4, SparseBasis.Fourier, terms.Reverse());
        MaskMatrix masks = new ExhaustiveDesign(4).ToMatrix(0, 16);
        Assert.Equal(game.Evaluate(masks), reversed.Evaluate(masks));
        Assert.Equal(game.ContentHash, reversed.ContentHash);
    }

    [Fact]
    public void Whatever_decides_a_value_decides_the_hash()
    {
        SpectrumTerm[] terms = [new(new FeatureSet(1), 0.1), new(new FeatureSet(0, 3), 0.2)];
        string[] hashes =
        [
            new SparseGame(4, SparseBasis.Fourier, terms).ContentHash,
            new SparseGame(5, SparseBasis.Fourier, terms).ContentHash,
            new SparseGame(4, SparseBasis.Moebius, terms).ContentHash,
            new SparseGame(4, SparseBasis.Fourier, [terms[0], new(new FeatureSet(0, 2), 0.2)]).ContentHash,
            new SparseGame(4, SparseBasis.Fourier, [terms[0], new(new FeatureSet(0, 3), 0.3)]).ContentHash,
            new SparseGame(4, SparseBasis.Fourier, terms, 0.1, 1).ContentHash,
            new SparseGame(4, SparseBasis.Fourier, terms, 0.1, 2).ContentHash,
            new SparseGame(4, SparseBasis.Fourier, terms, 0.2, 2).ContentHash,
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(hashes[0], new SparseGame(4, SparseBasis.Fourier, terms, 0, 5, ["a", "b", "c", "d"]).ContentHash);
    }

    [Fact]
    public void Wrong_terms_are_refused_with_their_reason()
    {
        AssertRefused("feature 4", [new(new FeatureSet(1, 4), 1)]);
        AssertRefused("given twice", [new(new FeatureSet(1), 1), new(new FeatureSet(1), 2)]);
        AssertRefused("NaN", [new(new FeatureSet(1), double.NaN)]);
        AssertRefused("0 or more", [], -1);
        AssertRefused("Infinity", [], double.PositiveInfinity);

        static void AssertRefused(string reason, SpectrumTerm[] terms, double noise = 0)
        {
            SpexInputException error = Assert.Throws<SpexInputException>(() => new SparseGame(4, SparseBasis.Fourier, terms, noise));
            Assert.Contains(reason, error.Message);
        }
    }

    private static Gen<SpectrumTerm[]> GenTerms(int featureCount) =>
        Gen.Select(Gen.Int[0, featureCount - 1].HashSet[0, 6], Gen.Double[-3, 3], (set, c) => new SpectrumTerm(new FeatureSet([.. set]), c))
            .Array[0, 60]
            .Select(terms => terms.DistinctBy(term => term.Set).ToArray());
}
