using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>A <see cref="RegressionPath"/> of samples on sets.</summary>
internal sealed class SparseRegression : IDisposable
{
    private readonly FeatureSet[] _sets;
    private readonly DeviceBuffer<ulong> _columns;
    private readonly RegressionPath _path;

    /// <summary>Prepares the problems: F with a fold left out, and the last on all samples.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="sets">The sets that may enter, the empty one first, each once.</param>
    /// <param name="weights">What λ is multiplied with for each set; 0 for the first.</param>
    /// <param name="denied">For each fold the sets that its problem may not use; null where all are allowed in all.</param>
    public SparseRegression(FoldedSamples samples, FeatureSet[] sets, double[] weights, IReadOnlyList<bool[]>? denied = null)
    {
        _sets = sets;
        _columns = samples.ColumnsOf(sets);
        _path = samples.Device.Regression.Load(new RegressionProblem(_columns, sets.Length, samples.Count, samples.Targets, samples.Boundaries, weights, denied));
    }

    /// <summary>See <see cref="RegressionPath.LargestThreshold"/>.</summary>
    public double LargestThreshold => _path.LargestThreshold;

    /// <summary>Begins the path at known coefficients instead of zero.</summary>
    /// <param name="fits">For each problem the terms of a former fit; sets that are not among these count as zero.</param>
    public void StartAt(IReadOnlyList<SpectrumTerm[]> fits)
    {
        Dictionary<FeatureSet, int> numbers = new(FeatureSetComparer.Instance);
        for (int j = 0; j < _sets.Length; j++)
        {
            numbers.Add(_sets[j], j);
        }

        _path.StartAt([.. fits.Select(fit => fit.Where(term => numbers.ContainsKey(term.Set)).Select(term => (numbers[term.Set], term.Coefficient)).ToArray())]);
    }

    /// <summary>Follows the path to the next threshold and gives the sum of squared errors on the left-out folds.</summary>
    public double Descend(double threshold, Shrinkage shrinkage) => _path.Descend(threshold, shrinkage);

    /// <summary>Keeps the coefficients as they stand.</summary>
    public void Keep() => _path.Keep();

    /// <summary>What was kept: for each problem the terms whose coefficient is not 0, in the order of their sets.</summary>
    public SpectrumTerm[][] Kept() =>
        [.. _path.Kept().Select(terms => terms.Select(term => new SpectrumTerm(_sets[term.Set], term.Coefficient)).OrderBy(term => term.Set).ToArray())];

    /// <inheritdoc/>
    public void Dispose()
    {
        _path.Dispose();
        _columns.Dispose();
    }
}
