using Spex.Core.Trees;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Cpu.Trees;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Boosted trees of an accelerator, grown on the processor: the columns are copied to the host, once a batch.</summary>
internal sealed class HostTrees : TreePrimitives, IDisposable
{
    private readonly Lazy<CpuDevice> _processor = new(() => new CpuDevice());

    /// <summary>The processor.</summary>
    public CpuDevice Processor => _processor.Value;

    public void Dispose()
    {
        if (_processor.IsValueCreated)
        {
            Processor.Dispose();
        }
    }

    protected override BoostingBatch LoadCore(DeviceBuffer<ulong> columns, int featureCount, FixedPointValues values, ReadOnlySpan<byte> folds)
    {
        DeviceBuffer<ulong> host = Processor.Allocate<ulong>(columns.Length);
        try
        {
            columns.CopyTo(host.Span);
            return new HostBoostingBatch(new CpuBoostingBatch(Processor, host, featureCount, values, folds), host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
