using ILGPU;
using ILGPU.Runtime;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Timings;

/// <summary>What the device can do at most, measured in the same run as what is held against it.</summary>
/// <param name="CopyRate">Bytes a second of a copy within the device's memory, reads and writes together.</param>
/// <param name="StoreRate">Bytes a second of filling memory.</param>
/// <param name="PopCountRate">Popcounts of 64 bits a second, each with its exclusive or and addition.</param>
internal sealed record Limits(double CopyRate, double StoreRate, double PopCountRate)
{
    /// <summary>The table that limits stand in.</summary>
    public const string Table = "limits measured in this run";

    private const int ProbeThreads = 256;
    private const int ProbeGroupsAMultiprocessor = 16;
    private const int ProbeRounds = 4096;

    /// <summary>Measures them.</summary>
    public static Limits Measure(IlgpuDevice device, CheckSizes sizes, DeviceClock clock, CheckReport report)
    {
        using DeviceBuffer<float> source = device.Allocate<float>(sizes.TransferBytes / sizeof(float)), target = device.Allocate<float>(source.Length);
        source.Fill(0);
        ArrayView<float> from = device.View(source), to = device.View(target);
        double copy = 2.0 * sizes.TransferBytes / clock.Seconds(() => from.CopyTo(device.Stream, to));
        double store = sizes.TransferBytes / clock.Seconds(() => target.Fill(0x55));
        double popCount = PopCounts(device, sizes, clock);
        report.Add(new Measurement(Table, "copy within device memory, bytes read and written", copy / 1e9, "GB/s", null, null));
        report.Add(new Measurement(Table, "store (fill)", store / 1e9, "GB/s", null, null));
        report.Add(new Measurement(Table, "64-bit popcounts, in thousand millions a second", popCount / 1e9, "G/s", null, null));
        return new Limits(copy, store, popCount);
    }

    private static double PopCounts(IlgpuDevice device, CheckSizes sizes, DeviceClock clock)
    {
        bool isSmall = sizes.LeastSeconds == 0;
        KernelConfig launch = device.Tiles(isSmall ? 1 : (long)Math.Max(1, device.Accelerator.NumMultiprocessors) * ProbeGroupsAMultiprocessor, ProbeThreads);
        int rounds = isSmall ? 16 : ProbeRounds, threads = launch.GridDim.X * launch.GroupDim.X;
        using DeviceBuffer<int> sums = device.Allocate<int>(threads);
        ArrayView<int> view = device.View(sums);
        Action<KernelConfig, ArrayView<int>, ulong, int> kernel = device.Accelerator.LoadStreamKernel<ArrayView<int>, ulong, int>(ProbeKernels.PopCount, device.UpTo(ProbeThreads));
        return (double)ProbeKernels.PopCountsARound * rounds * threads / clock.Seconds(() => kernel(launch, view, 0x9E37_79B9_7F4A_7C15, rounds));
    }
}
