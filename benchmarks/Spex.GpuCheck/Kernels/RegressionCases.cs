using System.Globalization;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Regression paths, residuals of fits and the sets that residuals point at. Decisions are equal, numbers within 10⁻⁵ of the largest.</summary>
internal static class RegressionCases
{
    private const double Tolerance = 1e-5;
    private const double ThresholdRatio = 0.6;
    private const int Steps = 5;

    public static IEnumerable<KernelCase> All(CheckSizes sizes) =>
        sizes.RegressionSizes.Select(size => new KernelCase(
            "regression",
            string.Create(CultureInfo.InvariantCulture, $"{size.Samples} samples of {size.Features} features, sets of up to {size.Degree}"),
            Tolerance,
            (memory, output) => Run(memory, output, size.Samples, size.Features, size.Degree)));

    private static void Run(CaseMemory memory, CaseOutput output, int count, int n, int degree)
    {
        UniformDesign design = new(n, 3, 1, count);
        Spectrum truth = new(n, Enumerable.Range(0, n).Select(i => new SpectrumTerm(new FeatureSet([.. new[] { i, (3 * i) % n }.Distinct()]), Philox.Gaussian(3, 2, (ulong)i))));
        float[] values = [.. truth.Evaluate(design.ToMatrix(0, count)).Select((value, i) => (float)(value + (0.3 * Philox.Gaussian(3, 3, (ulong)i))))];
        FoldedBatch both = memory.Own(new FoldedBatch([new Samples(design, values), new Samples(design, Array.ConvertAll(values, value => (0.1f * value * value) - 2))], 1, memory.Device));
        FoldedSamples samples = both.Functions[0];
        FeatureSet[] sets = [.. FeatureSets.UpTo(degree, n)];
        RegressionProblem[] problems = [.. new[] { sets, sets[..(sets.Length / 2)] }.Select(own => new RegressionProblem(own, [.. own.Select(set => set.Count == 0 ? 0.0 : 1.0)]))];
        SparseRegression regression = memory.Own(new SparseRegression(both.Functions, problems));
        double[] thresholds = regression.LargestThresholds();
        output.Take("largest thresholds", thresholds);
        for (int step = 0; step < Steps; step++)
        {
            thresholds = Array.ConvertAll(thresholds, threshold => threshold * ThresholdRatio);
            output.Take("errors", regression.Descend(thresholds, step % 2 == 0 ? Shrinkage.Garrote : Shrinkage.Soft));
        }

        regression.Keep([true, true]);
        SpectrumTerm[][] fits = [.. regression.Kept().SelectMany(own => own)];
        SparseFit[] ridge = RidgeRegression.Fit(both, 1, [0.1, 1, 10], size => 1 + (0.1 * size), CancellationToken.None);
        output.Take("error of ridge regression", Array.ConvertAll(ridge, fit => fit.SquaredError));
        foreach (SpectrumTerm[] fit in fits.Concat(ridge.SelectMany(own => own.Fits)))
        {
            SpectrumTerm[] ordered = [.. fit.OrderBy(term => term.Set)];
            output.Take("sets", ordered.SelectMany(term => term.Set.Append(-1)).ToArray());
            output.Take("coefficients", ordered.Select(term => term.Coefficient).ToArray());
        }

        Residuals(memory, output, both, fits);
    }

    private static void Residuals(CaseMemory memory, CaseOutput output, FoldedBatch samples, SpectrumTerm[][] fits)
    {
        int groups = Math.Min(7, samples.Count), problems = fits.Length, functions = samples.Functions.Count;
        RegressionPrimitives primitives = memory.Device.Regression;
        DeviceBuffer<double> residuals = memory.Poisoned<double>((long)problems * samples.Count), errors = memory.Poisoned<double>((long)functions * samples.Count);
        primitives.Residuals(samples.MaskColumns, samples.Count, samples.FeatureCount, samples.Targets, samples.Boundaries, fits, residuals, errors);
        double[] sums = new double[functions * groups];
        primitives.SumGroups(errors, samples.Count, functions, sums);
        output.Take("residuals", residuals);
        output.Take("errors", errors);
        output.Take("sums of groups", sums);

        FeatureSet[] known = [.. fits[^1].Select(term => term.Set)];
        if (known.Length > 0)
        {
            DeviceBuffer<ulong> columns = memory.Own(CharacterColumns.Of(samples.MaskColumns, samples.Count, samples.FeatureCount, known));
            DeviceBuffer<double> changes = memory.Poisoned<double>((long)problems * known.Length);
            memory.Device.SignMatrix.Project(columns, known.Length, samples.Count, residuals, problems, [0, samples.Count], changes);
            primitives.SolveNormalEquations(columns, known.Length, samples.Count, changes, problems);
            output.Take("solutions of normal equations", changes);
        }

        // Of numbers that are the same bits on every device, or ties would be broken differently.
        DeviceBuffer<double> same = memory.Upload<double>([.. Enumerable.Range(0, problems * samples.Count).Select(i => Philox.Gaussian(3, 4, (ulong)i))]);
        FeatureSet[] sets = [.. FeatureSets.UpTo(2, samples.FeatureCount)];
        int[]?[] members = [.. Enumerable.Range(0, problems).Select(p => p == 0 ? null : Enumerable.Range(0, sets.Length).Where(j => (j + p) % 3 != 0).ToArray())];
        foreach (int[] strongest in primitives.Screen(samples.MaskColumns, samples.Count, samples.FeatureCount, [sets, sets], same, members, 20, CancellationToken.None))
        {
            output.Take("strongest", strongest.Order().ToArray());
        }
    }
}
