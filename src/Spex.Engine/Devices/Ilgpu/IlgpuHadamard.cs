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

    // Groups of register tiles that a multiprocessor holds: their registers and shared memory suffice for as many.
    private const int RegisterTileGroups = 4;

    // The shortest rows that are read four numbers at a time.
    private const int LeastRegisterLog = 2;

    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _smallTile;
    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _largeTile;
    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _warpTile;
    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _groupTile;
    private Action<KernelConfig, ArrayView<float>, HadamardPass>? _stridedTile;

    public override void Transform(DeviceBuffer<float> rows, int rowCount, int log2Length, float scale)
    {
        CheckArguments(rows, rowCount, log2Length);
        if (rowCount == 0)
        {
            return;
        }

        ArrayView<float> view = device.View(rows);
        bool inRegisters = plan.InRegisters && log2Length >= LeastRegisterLog;
        foreach (HadamardPass pass in (plan with { InRegisters = inRegisters }).Passes(rowCount, log2Length, scale))
        {
            int threads = inRegisters ? RegisterHadamardKernels.Threads : Math.Max(1, (1 << pass.TileLog) / NumbersPerThread);
            (inRegisters ? RegisterTile(pass) : SharedTile(pass))(device.Tiles(pass.Tiles, threads), view, pass);
        }
    }

    private Action<KernelConfig, ArrayView<float>, HadamardPass> SharedTile(HadamardPass pass) => pass.TileLog <= HadamardKernels.SmallTileLog
        ? _smallTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(HadamardKernels.SmallTile, device.UpTo(SmallTileThreads))
        : _largeTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(HadamardKernels.LargeTile, device.UpTo(LargeTileThreads));

    private Action<KernelConfig, ArrayView<float>, HadamardPass> RegisterTile(HadamardPass pass)
    {
        KernelSpecialization bounds = device.UpTo(RegisterHadamardKernels.Threads, RegisterTileGroups);
        return pass.StrideLog > 0
            ? _stridedTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(RegisterHadamardKernels.StridedTile, bounds)
            : pass.Stages <= RegisterHadamardKernels.WarpStages
                ? _warpTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(RegisterHadamardKernels.WarpTile, bounds)
                : _groupTile ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(RegisterHadamardKernels.GroupTile, bounds);
    }
}
