using Spex.Core.Trees;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>A batch on the processor, and the host's copy of the columns that it works on.</summary>
internal sealed class HostBoostingBatch(BoostingBatch batch, DeviceBuffer<ulong> columns) : BoostingBatch(batch.SampleCount, batch.FeatureCount)
{
    public override int Add(BoostingSettings settings, byte? heldOutFold) => batch.Add(settings, heldOutFold);

    public override void Grow(ReadOnlySpan<int> runs, int treeCount, CancellationToken cancel = default) => batch.Grow(runs, treeCount, cancel);

    public override void Truncate(int run, int treeCount) => batch.Truncate(run, treeCount);

    public override int TreeCount(int run) => batch.TreeCount(run);

    public override bool HasEnded(int run) => batch.HasEnded(run);

    public override IReadOnlyList<double> HeldOutErrors(int run) => batch.HeldOutErrors(run);

    public override BoostedTrees Trees(int run) => batch.Trees(run);

    public override void Predict(int run, Span<double> predictions) => batch.Predict(run, predictions);

    public override void Remove(int run) => batch.Remove(run);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            batch.Dispose();
            columns.Dispose();
        }
    }
}
