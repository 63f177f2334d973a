using CsCheck;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

public class ExactMethodTests
{
    private static readonly ExactMethod Method = new();

    [Fact]
    public void The_spectrum_has_the_values_of_every_mask()
    {
        Gen.Int[1, 10].SelectMany(n => Gen.Double[-10, 10].Array[1 << n]).Sample(
            table =>
            {
                Spectrum spectrum = Decode([.. table.Select(value => (float)value)]).Spectrum;
                MaskMatrix masks = new ExhaustiveDesign(spectrum.FeatureCount).ToMatrix(0, table.Length);
                double[] predicted = spectrum.Evaluate(masks);
                for (int m = 0; m < table.Length; m++)
                {
                    Assert.Equal(table[m], predicted[m], 1e-5);
                }
            },
            iter: 50);
    }

    [Fact]
    public void Rounding_leaves_no_terms()
    {
        SparseGame game = new(
            12,
            SparseBasis.Moebius,
            [new(new FeatureSet(0), 1.1), new(new FeatureSet(1, 2), -0.7), new(new FeatureSet(3, 4, 5), 0.3)]);
        float[] values = [.. game.Evaluate(new ExhaustiveDesign(12).ToMatrix(0, 4096)).Select(value => (float)value)];
        Spectrum spectrum = Decode(values).Spectrum;

        // ∅, the subsets of each term: 1 + 1 + 3 + 7.
        Assert.Equal(12, spectrum.Terms.Count);
        Assert.Equal(0.3 / -8, spectrum[new FeatureSet(3, 4, 5)], 1e-7);
    }

    [Fact]
    public void A_constant_is_its_mean_alone()
    {
        Decoded decoded = Decode([2.5f, 2.5f, 2.5f, 2.5f]);
        Assert.Equal([new SpectrumTerm(FeatureSet.Empty, 2.5)], decoded.Spectrum.Terms);
        Assert.Null(decoded.OutOfFold);
        Assert.Empty(Decode([0, 0]).Spectrum.Terms);
    }

    [Fact]
    public void Small_terms_stay_when_they_are_more_than_rounding()
    {
        // 2^20 times smaller than the largest, 16 times more than the rounding.
        Spectrum spectrum = Decode([1 + (1f / (1 << 20)), 1 - (1f / (1 << 20))]).Spectrum;
        Assert.Equal(1.0 / (1 << 20), spectrum[new FeatureSet(0)], 1e-12);
    }

    [Theory]
    [InlineData(10, 1023)]
    [InlineData(25, 1L << 40)]
    public void A_budget_or_a_size_that_does_not_fit_is_refused(int n, long budget)
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => Method.CreateDesign(n, budget, new DecoderSettings()));
        Assert.Contains(n == 10 ? "all 2^10 = 1024 ablations; the budget is 1023" : "at most 24 features; there are 25", error.Message, StringComparison.Ordinal);
    }

    private static Decoded Decode(float[] values)
    {
        using CpuDevice device = new(1);
        ExhaustiveDesign design = new(System.Numerics.BitOperations.Log2((uint)values.Length));
        return Method.Decode(new Samples(design, values), new DecoderSettings(), device, TestContext.Current.CancellationToken);
    }
}
