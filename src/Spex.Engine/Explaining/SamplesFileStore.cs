using Spex.Core.Formats;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>A samples file as a run sees it.</summary>
internal sealed class SamplesFileStore(SamplesFile file) : ISampleStore, IDisposable
{
    /// <summary>Opens the file of a value function, or makes it.</summary>
    /// <exception cref="Core.SpexInputException">The file is of another function, or cannot be used.</exception>
    public static SamplesFileStore Open(string path, IValueFunction function, int batchSize) =>
        new(SamplesFile.Open(path, new SamplesHeader(function.Fingerprint, function.FeatureCount, batchSize)));

    /// <inheritdoc/>
    public bool TryGet(ReadOnlySpan<ulong> mask, out float value) => file.TryGet(mask, out value);

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<ulong> masks, ReadOnlySpan<float> values) => file.Append(masks, values);

    /// <summary>The batch size that the file's plan ended with.</summary>
    public int BatchSize => file.PlanChanges.Count > 0 ? file.PlanChanges[^1].BatchSize : file.Header.BatchSize;

    /// <inheritdoc/>
    public void Record(PlanChange change) => file.AppendPlanChange(new SamplesPlanChange(change.FirstIndex, change.BatchSize));

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
