using Spex.Core.Spectra;

namespace Spex.Engine.Devices;

/// <summary>Ridge regression in the AND basis with folds left out: a = argmin Σ_i w_i (y_i − Σ_T a_T [T ⊆ m_i])² + α Σ_{T ≠ ∅} a_T².</summary>
public abstract class RidgePrimitives
{
    /// <summary>Fits all samples and without each fold, for each α, and gives the fits of the α with the least error on left-out samples; ties: the earlier.</summary>
    /// <param name="maskColumns">n mask columns, as <see cref="MaskPrimitives.Transpose"/> writes them.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="weightOfSize">n + 1 weights above 0: that of a mask with so many features.</param>
    /// <param name="sets">The sets T; the first is the empty one, which is not shrunk.</param>
    /// <param name="values">N values y of each function, one function after another.</param>
    /// <param name="boundaries">The folds' F + 1 boundaries.</param>
    /// <param name="alphas">The α.</param>
    /// <param name="cancel">Stops the fit.</param>
    /// <returns>For each function F + 1 solutions of one number a set, and Σ (y − ŷ)² over all samples, each predicted by the fit that did not see it.</returns>
    public abstract (double[][] Solutions, double SquaredError)[] Fit(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        double[] weightOfSize,
        FeatureSet[] sets,
        DeviceBuffer<double> values,
        int[] boundaries,
        ReadOnlySpan<double> alphas,
        CancellationToken cancel);
}
