using Spex.Core;
using Spex.Core.Trees;

namespace Spex.Engine.Devices;

/// <summary>Boosted trees over bit features.</summary>
/// <remarks>
/// The steps of a tree are data-parallel over flat arrays: gradients from residuals (a shift), histograms (two integers a feature: the sum of gradients and the count of training
/// samples that have the bit), split search (a score a feature and an arg-max), leaf steps (an integer mean a leaf) and the update of the residuals. All sums are integers and every
/// decision is one formula in float64, so each device grows the same trees, bit for bit, whatever its order of work.
/// </remarks>
public abstract class TreePrimitives
{
    /// <summary>Loads samples to boost on; runs are added to what is returned.</summary>
    /// <param name="columns">n columns of ⌈N/64⌉ words as <see cref="MaskPrimitives.Transpose"/> writes them; must live as long as the result.</param>
    /// <param name="sampleCount">N, 1 to 2^21.</param>
    /// <param name="featureCount">n, 0 or more.</param>
    /// <param name="values">N finite values of each function, one function after another; read now, not kept.</param>
    /// <param name="folds">The fold of each of the N samples, or empty where no run holds samples out.</param>
    /// <exception cref="SpexInputException">A value is not finite, or there is none.</exception>
    public BoostingBatch Load(DeviceBuffer<ulong> columns, int sampleCount, int featureCount, DeviceBuffer<float> values, ReadOnlySpan<byte> folds)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleCount, BoostingBatch.MaxSampleCount);
        float[] host = new float[values.Length];
        values.CopyTo(host);
        return Load(columns, sampleCount, featureCount, host, folds);
    }

    /// <summary>As the other, with values that the host has.</summary>
    public BoostingBatch Load(DeviceBuffer<ulong> columns, int sampleCount, int featureCount, ReadOnlySpan<float> values, ReadOnlySpan<byte> folds)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sampleCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleCount, BoostingBatch.MaxSampleCount);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        if (!folds.IsEmpty && folds.Length != sampleCount)
        {
            throw new ArgumentException($"There are {folds.Length} folds for {sampleCount} samples; give one a sample or none.", nameof(folds));
        }

        if (values.IsEmpty || values.Length % sampleCount != 0)
        {
            throw new ArgumentException($"There are {values.Length} values for {sampleCount} samples; give each function one a sample.", nameof(values));
        }

        FixedPointValues[] functions = new FixedPointValues[values.Length / sampleCount];
        for (int function = 0; function < functions.Length; function++)
        {
            functions[function] = new FixedPointValues(values.Slice(function * sampleCount, sampleCount));
        }

        return LoadCore(columns, featureCount, functions, folds);
    }

    /// <summary>The device's part of loading, with arguments that were checked: the values of each function.</summary>
    protected abstract BoostingBatch LoadCore(DeviceBuffer<ulong> columns, int featureCount, FixedPointValues[] values, ReadOnlySpan<byte> folds);
}
