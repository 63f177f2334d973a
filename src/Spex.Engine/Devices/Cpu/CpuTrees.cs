using Spex.Core.Trees;
using Spex.Engine.Devices.Cpu.Trees;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Boosted trees on the host.</summary>
internal sealed class CpuTrees(CpuDevice device) : TreePrimitives
{
    protected override BoostingBatch LoadCore(DeviceBuffer<ulong> columns, int featureCount, FixedPointValues[] values, ReadOnlySpan<byte> folds) =>
        new CpuBoostingBatch(device, columns, featureCount, values, folds);
}
