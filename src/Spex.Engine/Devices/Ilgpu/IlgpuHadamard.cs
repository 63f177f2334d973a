using ILGPU;
using ILGPU.Runtime;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Walsh-Hadamard transforms on an accelerator.</summary>
internal sealed class IlgpuHadamard(IlgpuDevice device, HadamardPlan plan) : HadamardPrimitives
{
    // Numbers of a tile that a thread takes: one butterfly of eight.
    private const int NumbersPerThread = 8;
    private const int SmallTileThreads = (1 << HadamardKernels.SmallTileLog) / NumbersPerThread;
    private const int LargeTileThreads = (1 << HadamardKernels.LargeTileLog) / NumbersPerThread;

    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _smallTile;
    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _largeTile;

    public override void Transform(DeviceBuffer<float> rows, int rowCount, int log2Length, float scale)
    {
        CheckArguments(rows, rowCount, log2Length);
        if (rowCount == 0)
        {
            return;
        }

        ArrayView<float> view = device.View(rows);
        foreach (HadamardPass pass in plan.Passes(rowCount, log2Length, scale))
        {
            KernelConfig launch = device.Tiles(pass.Tiles, Math.Max(1, (1 << pass.TileLog) / NumbersPerThread));
            Action<KernelConfig, ArrayView<float>, HadamardPass> kernel = pass.TileLog <= HadamardKernels.SmallTileLog
                ? _smallTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(HadamardKernels.SmallTile, device.UpTo(SmallTileThreads))
                : _largeTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(HadamardKernels.LargeTile, device.UpTo(LargeTileThreads));
            kernel(launch, view, pass);
        }
    }
}
