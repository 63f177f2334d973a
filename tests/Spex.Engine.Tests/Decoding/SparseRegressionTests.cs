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
            using SparseRegression regression = new([samples], [new RegressionProblem(sets, [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)])]);
            double error = 0;
            for (double threshold = regression.LargestThresholds()[0]; threshold > 1e-7; threshold *= 0.7)
            {
                error = regression.Descend([threshold], Shrinkage.Garrote)[0];
            }

            double expected = 0;
            regression.Keep([true]);
            for (int problem = 0; problem <= samples.FoldCount; problem++)
            {
                double[] predictions = samples.Predict(regression.Kept()[0][problem]);
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
        using SparseRegression regression = new([samples], [new RegressionProblem(sets, [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)])]);
        double threshold = 0.3 * regression.LargestThresholds()[0];
        regression.Descend([threshold], shrinkage);
        regression.Keep([true]);
        Dictionary<FeatureSet, double> found = regression.Kept()[0][samples.FoldCount].ToDictionary(term => term.Set, term => term.Coefficient);
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
        using SparseRegression regression = new([samples], [new RegressionProblem(sets, [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)], denied)]);
        regression.Descend([1e-6], Shrinkage.Garrote);
        regression.Keep([true]);
        SpectrumTerm[][] kept = regression.Kept()[0];
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
        using SparseRegression whole = new([samples], [new RegressionProblem(sets, weights)]), resumed = new([samples], [new RegressionProblem(sets, weights)]);
        double threshold = whole.LargestThresholds()[0];
        for (int step = 0; step < 4; step++)
        {
            whole.Descend([threshold *= 0.7], Shrinkage.Garrote);
        }

        whole.Keep([true]);
        SpectrumTerm[][] kept = whole.Kept()[0];
        double next = whole.Descend([0.7 * threshold], Shrinkage.Garrote)[0];
        Assert.Equal(kept, whole.Kept()[0]);
        resumed.StartAt([kept]);
        Assert.Equal(next, resumed.Descend([0.7 * threshold], Shrinkage.Garrote)[0], 1e-3 * next);
        whole.Keep([true]);
        resumed.Keep([true]);
        Assert.Equal(whole.Kept()[0][^1].Select(term => term.Set), resumed.Kept()[0][^1].Select(term => term.Set));
    }

    /// <summary>What devices promise each other on the same values.</summary>
    [Fact]
    public void A_path_is_the_one_that_the_processor_goes()
    {
        using CpuDevice cpu = new(1);
        using FoldedSamples samples = Noise(12, 300, 11), same = Noise(12, 300, 11, cpu);
        FeatureSet[] sets = [.. FeatureSets.UpTo(2, 12)];
        double[] weights = [.. sets.Select(set => set.Count == 0 ? 0.0 : 1.0)];
        using SparseRegression actual = new([samples], [new RegressionProblem(sets, weights)]), expected = new([same], [new RegressionProblem(sets, weights)]);
        double threshold = expected.LargestThresholds()[0];
        Assert.Equal(threshold, actual.LargestThresholds()[0], 1e-12);
        for (int step = 0; step < 9; step++, threshold *= 0.7)
        {
            double error = expected.Descend([threshold], Shrinkage.Soft)[0];
            Assert.Equal(error, actual.Descend([threshold], Shrinkage.Soft)[0], 1e-9 * error);
        }

        expected.Keep([true]);
        actual.Keep([true]);
        foreach ((SpectrumTerm[] terms, SpectrumTerm[] found) in expected.Kept()[0].Zip(actual.Kept()[0]))
        {
            Assert.Equal(terms.Select(term => term.Set), found.Select(term => term.Set));
            Assert.All(terms.Zip(found), pair => Assert.Equal(pair.First.Coefficient, pair.Second.Coefficient, 1e-9));
        }
    }

    /// <summary>Of functions with sets and thresholds of their own, some resting: what each comes to is what it comes to alone, bit for bit.</summary>
    [Fact]
    public void Functions_go_together_as_each_goes_alone()
    {
        const int Count = 150;
        float[][] values = [.. Enumerable.Range(0, 3).Select(function => Enumerable.Range(0, Count).Select(i => (float)Philox.Gaussian(17, (ulong)function, (ulong)i)).ToArray())];
        UniformDesign design = new(9, 17, 1, Count);
        using FoldedBatch batch = new([.. values.Select(own => new Samples(design, own))], 17, Device);
        FeatureSet[][] sets = [.. new[] { 1, 2, 3 }.Select(order => FeatureSets.UpTo(order, 9).ToArray())];
        RegressionProblem[] problems = [.. sets.Select((own, function) => new RegressionProblem(
            own,
            [.. own.Select(set => set.Count == 0 ? 0.0 : 1 + (0.1 * set.Count))],
            function == 0 ? null : [.. Enumerable.Range(0, batch.FoldCount).Select(fold => own.Select(set => set.Contains(fold)).ToArray())]))];
        using SparseRegression together = new(batch.Functions, problems);
        double[] largest = together.LargestThresholds(), thresholds = [.. largest], errors = [];
        for (int step = 0; step < 6; step++)
        {
            // The second function rests after a few steps, the first begins late.
            thresholds = [.. largest.Select((own, function) => (function == 1 && step > 3) || (function == 0 && step < 2) ? double.NaN : own * Math.Pow(0.6, step + 1))];
            errors = together.Descend(thresholds, Shrinkage.Garrote);
            together.Keep([.. thresholds.Select(threshold => !double.IsNaN(threshold))]);
        }

        SpectrumTerm[][][] kept = together.Kept();
        for (int function = 0; function < 3; function++)
        {
            using FoldedSamples samples = FoldedSamples.From(new Samples(design, values[function]), 17, Device);
            using SparseRegression alone = new([samples], [problems[function]]);
            Assert.Equal(largest[function], alone.LargestThresholds()[0]);
            double error = 0;
            for (int step = function == 0 ? 2 : 0; step < (function == 1 ? 4 : 6); step++)
            {
                error = alone.Descend([largest[function] * Math.Pow(0.6, step + 1)], Shrinkage.Garrote)[0];
            }

            alone.Keep([true]);
            Assert.Equal(error, errors[function]);
            Assert.Equal(alone.Kept()[0], kept[function]);
            Assert.Contains(kept[function][^1], term => term.Set.Count == function + 1);
        }
    }

    private FoldedSamples Noise(int features, int count, ulong seed, Device? device = null)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => (float)(1e3 + Philox.Gaussian(seed, 9, (ulong)i)))];
        return FoldedSamples.From(new Samples(new UniformDesign(features, seed, 1, count), values), seed, device ?? Device);
    }
}
