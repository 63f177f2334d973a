using Spex.Core.Trees;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Cpu.Trees;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Boosted trees of an accelerator, grown on the processor: the columns are copied to the host, once a batch.</summary>
internal sealed class HostTrees(Lazy<CpuDevice> processor) : TreePrimitives
{
    protected override BoostingBatch LoadCore(DeviceBuffer<ulong> columns, int featureCount, FixedPointValues values, ReadOnlySpan<byte> folds)
    {
        DeviceBuffer<ulong> host = processor.Value.Allocate<ulong>(columns.Length);
        try
        {
            columns.CopyTo(host.Span);
            return new HostBoostingBatch(new CpuBoostingBatch(processor.Value, host, featureCount, values, folds), host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
