using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>The <see cref="RegressionPath"/> of functions on sets of their own.</summary>
internal sealed class SparseRegression : IDisposable
{
    private readonly IReadOnlyList<RegressionProblem> _functions;
    private readonly DeviceBuffer<double> _targets;
    private readonly RegressionPath _path;
    private readonly int _problems;

    /// <summary>Prepares the problems of each function: F with a fold left out, and the last on all samples.</summary>
    /// <param name="samples">The functions, of one batch.</param>
    /// <param name="functions">The sets and weights of each.</param>
    public SparseRegression(IReadOnlyList<FoldedSamples> samples, IReadOnlyList<RegressionProblem> functions)
    {
        FoldedBatch batch = samples[0].Batch;
        (_functions, _problems) = (functions, batch.Boundaries.Length);
        _targets = FoldedBatch.TargetsOf(samples);
        try
        {
            _path = batch.Device.Regression.Load(batch.MaskColumns, batch.Count, batch.FeatureCount, _targets, batch.Boundaries, functions);
        }
        catch
        {
            _targets.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that a function takes, about: of a set the column, and of each problem its place, coefficients and product; of a sample its residuals; and the Gram matrix.</summary>
    public static long BytesOf(FoldedBatch samples, int sets)
    {
        const int BytesOfPlace = 30;
        const long UsualEntered = 1024;
        long problems = samples.Boundaries.Length, entered = Math.Min(sets, UsualEntered);
        return (sets * ((problems * BytesOfPlace) + (samples.Count / 8))) + (sizeof(double) * (problems + 2) * samples.Count) + (2 * sizeof(float) * entered * entered);
    }

    /// <summary>See <see cref="RegressionPath.LargestThresholds"/>.</summary>
    public double[] LargestThresholds() => _path.LargestThresholds();

    /// <summary>Begins the paths at known coefficients instead of zero.</summary>
    /// <param name="fits">For each function's problems the terms of a former fit; sets that are not among the function's count as zero.</param>
    public void StartAt(IReadOnlyList<IReadOnlyList<SpectrumTerm[]>> fits) => _path.StartAt([.. fits.SelectMany((own, function) =>
    {
        Dictionary<FeatureSet, int> numbers = new(FeatureSetComparer.Instance);
        for (int j = 0; j < _functions[function].Sets.Length; j++)
        {
            numbers.Add(_functions[function].Sets[j], j);
        }

        return own.Select(fit => fit.Where(term => numbers.ContainsKey(term.Set)).Select(term => (numbers[term.Set], term.Coefficient)).ToArray());
    })]);

    /// <summary>See <see cref="RegressionPath.Descend"/>.</summary>
    public double[] Descend(ReadOnlySpan<double> thresholds, Shrinkage shrinkage) => _path.Descend(thresholds, shrinkage);

    /// <summary>See <see cref="RegressionPath.Keep"/>.</summary>
    public void Keep(ReadOnlySpan<bool> isKept) => _path.Keep(isKept);

    /// <summary>What was kept: for each function's problems the terms whose coefficient is not 0, in the order of their sets.</summary>
    public SpectrumTerm[][][] Kept()
    {
        (int Set, double Coefficient)[][] kept = _path.Kept();
        return [.. _functions.Select((function, number) => Enumerable.Range(number * _problems, _problems)
            .Select(p => kept[p].Select(term => new SpectrumTerm(function.Sets[term.Set], term.Coefficient)).OrderBy(term => term.Set).ToArray()).ToArray())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _path.Dispose();
        _targets.Dispose();
    }
}
