using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Tests.Devices;

namespace Spex.Engine.Tests.Decoding;

public sealed class CpuSparseRegressionTests : SparseRegressionTests
{
    protected override Device Open() => new CpuDevice();
}

public abstract class SparseRegressionTests : DeviceTests
{
    /// <summary>Random cases of each test.</summary>
    protected virtual int Cases => 5;

    /// <summary>At a threshold of almost nothing the fit without a fold is its least-squares fit: the residual is orthogonal to every character over the other folds.</summary>
    [Fact]
    public void Without_shrinking_residuals_are_orthogonal_to_the_characters() => Gen.ULong[0, 1000].Sample(
        seed =>
        {
            using FoldedSamples samples = Noise(8, 200, seed);
            FeatureSet[] sets = [.. FeatureSets.UpTo(1, 8)];
            using SparseRegression regression = new(samples, sets, [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)]);
            double error = 0;
            for (double threshold = regression.LargestThreshold; threshold > 1e-7; threshold *= 0.7)
            {
                error = regression.Descend(threshold, Shrinkage.Garrote);
            }

            double expected = 0;
            regression.Keep();
            for (int problem = 0; problem <= samples.FoldCount; problem++)
            {
                double[] predictions = samples.Predict(regression.Kept()[problem]);
                (int first, int end) = problem < samples.FoldCount ? (samples.Boundaries[problem], samples.Boundaries[problem + 1]) : (0, 0);
                foreach (FeatureSet set in sets)
                {
                    double[] character = samples.Predict([new SpectrumTerm(set, 1)]);
                    double product = 0;
                    for (int i = 0; i < samples.Count; i++)
                    {
                        product += i >= first && i < end ? 0 : character[i] * (samples.Values[i] - predictions[i]);
                    }

                    Assert.Equal(0, product / samples.Count, 5);
                }

                for (int i = first; i < end; i++)
                {
                    expected += (samples.Values[i] - predictions[i]) * (samples.Values[i] - predictions[i]);
                }
            }

            Assert.Equal(expected, error, 1e-9 * expected);
        },
        iter: Cases, threads: 1);

    /// <summary>One set at a time, as on orthogonal characters: z shrinks by the rule.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void On_all_masks_every_coefficient_is_shrunk_by_the_rule(bool soft)
    {
        Shrinkage shrinkage = soft ? Shrinkage.Soft : Shrinkage.Garrote;
        // All 64 masks once: characters are orthogonal over all samples, which is the last problem.
        float[] values = [.. Enumerable.Range(0, 64).Select(i => (float)Philox.Gaussian(5, 5, (ulong)i))];
        using FoldedSamples samples = FoldedSamples.From(new Samples(new ExhaustiveDesign(6), values), 1, Device);
        FeatureSet[] sets = [.. FeatureSets.UpTo(2, 6)];
        using SparseRegression regression = new(samples, sets, [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)]);
        double threshold = 0.3 * regression.LargestThreshold;
        regression.Descend(threshold, shrinkage);
        regression.Keep();
        Dictionary<FeatureSet, double> found = regression.Kept()[samples.FoldCount].ToDictionary(term => term.Set, term => term.Coefficient);
        Spectrum exact = Spectrum.FromTable([.. values.Select(value => (value - samples.Mean) / samples.Scale)]);
        Assert.NotEmpty(found);
        foreach (FeatureSet set in sets.Skip(1))
        {
            double z = exact[set];
            double expected = Math.Abs(z) <= threshold ? 0 : soft ? z - (Math.Sign(z) * threshold) : z - (threshold * threshold / z);
            Assert.Equal(expected, found.GetValueOrDefault(set), 6);
        }
    }

    [Fact]
    public void A_set_that_is_denied_to_a_fold_stays_out_of_its_fit_alone()
    {
        using FoldedSamples samples = Noise(8, 100, 3);
        FeatureSet[] sets = [.. FeatureSets.UpTo(1, 8)];
        bool[][] denied = [.. Enumerable.Range(0, samples.FoldCount).Select(fold => sets.Select(set => fold == 2 && set.Contains(4)).ToArray())];
        using SparseRegression regression = new(samples, sets, [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)], denied);
        regression.Descend(1e-6, Shrinkage.Garrote);
        regression.Keep();
        SpectrumTerm[][] kept = regression.Kept();
        for (int problem = 0; problem <= samples.FoldCount; problem++)
        {
            Assert.Equal(problem != 2, kept[problem].Any(term => term.Set.Contains(4)));
        }
    }

    [Fact]
    public void A_path_goes_on_from_a_former_fit_and_what_was_kept_stays()
    {
        using FoldedSamples samples = Noise(9, 150, 7);
        FeatureSet[] sets = [.. FeatureSets.UpTo(2, 9)];
        double[] weights = [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)];
        using SparseRegression whole = new(samples, sets, weights), resumed = new(samples, sets, weights);
        double threshold = whole.LargestThreshold;
        for (int step = 0; step < 4; step++)
        {
            whole.Descend(threshold *= 0.7, Shrinkage.Garrote);
        }

        whole.Keep();
        SpectrumTerm[][] kept = whole.Kept();
        double next = whole.Descend(0.7 * threshold, Shrinkage.Garrote);
        Assert.Equal(kept, whole.Kept());
        resumed.StartAt(kept);
        Assert.Equal(next, resumed.Descend(0.7 * threshold, Shrinkage.Garrote), 1e-3 * next);
        whole.Keep();
        resumed.Keep();
        Assert.Equal(whole.Kept()[^1].Select(term => term.Set), resumed.Kept()[^1].Select(term => term.Set));
    }

    /// <summary>What devices promise each other on the same values.</summary>
    [Fact]
    public void A_path_is_the_one_that_the_processor_goes()
    {
        using CpuDevice cpu = new(1);
        using FoldedSamples samples = Noise(12, 300, 11), same = Noise(12, 300, 11, cpu);
        FeatureSet[] sets = [.. FeatureSets.UpTo(2, 12)];
        double[] weights = [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)];
        using SparseRegression actual = new(samples, sets, weights), expected = new(same, sets, weights);
        double threshold = expected.LargestThreshold;
        Assert.Equal(threshold, actual.LargestThreshold, 1e-12);
        for (int step = 0; step < 9; step++, threshold *= 0.7)
        {
            double error = expected.Descend(threshold, Shrinkage.Soft);
            Assert.Equal(error, actual.Descend(threshold, Shrinkage.Soft), 1e-9 * error);
        }

        expected.Keep();
        actual.Keep();
        foreach ((SpectrumTerm[] terms, SpectrumTerm[] found) in expected.Kept().Zip(actual.Kept()))
        {
            Assert.Equal(terms.Select(term => term.Set), found.Select(term => term.Set));
            Assert.All(terms.Zip(found), pair => Assert.Equal(pair.First.Coefficient, pair.Second.Coefficient, 1e-9));
        }
    }

    private FoldedSamples Noise(int features, int count, ulong seed, Device? device = null)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => (float)(1e3 + Philox.Gaussian(seed, 9, (ulong)i)))];
        return FoldedSamples.From(new Samples(new UniformDesign(features, seed, 1, count), values), seed, device ?? Device);
    }
}
