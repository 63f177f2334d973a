using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Transforms;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Kernels;
using Device = Spex.Engine.Devices.Device;

namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>The form for CUDA, whose warps have 32 lanes: on ILGPU's CPU accelerator a thread of the system each, and a barrier for each exchange between them.</summary>
public sealed class RegisterHadamardTests : DeviceTests
{
    /// <summary>In registers alone, with an exchange in shared memory, and so short that the other form takes over; rows that do not fill the last tile. Longer ones: <see cref="EmulatedTests"/>.</summary>
    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 5)]
    [InlineData(2, 1)]
    [InlineData(3, 37)]
    [InlineData(5, 33)]
    [InlineData(8, 3)]
    [InlineData(10, 1)]
    [InlineData(11, 1)]
    public void Rows_have_the_bits_of_the_reference(int log, int rowCount)
    {
        float[] expected = Random(rowCount << log);
        using DeviceBuffer<float> rows = Upload<float>([.. expected, 7, 8, 9]);
        Device.Hadamard.Transform(rows, rowCount, log, 0.3f);
        for (int row = 0; row < rowCount; row++)
        {
            WalshHadamard.Transform(expected.AsSpan(row << log, 1 << log), 0.3f);
        }

        Assert.Equal([.. expected, 7, 8, 9], Download(rows));
    }

    /// <summary>The later stages of long rows: one, two and three phases, the last of them whole and in part.</summary>
    [Theory]
    [InlineData(13, 1)]
    [InlineData(12, 2)]
    [InlineData(10, 3)]
    [InlineData(9, 4)]
    [InlineData(7, 6)]
    [InlineData(6, 7)]
    [InlineData(5, 8)]
    public void Strided_passes_have_the_bits_of_the_reference(int strideLog, int stages)
    {
        // Two blocks of all the stages, each some tiles.
        HadamardPass pass = new(2L << (strideLog + stages), RegisterHadamardKernels.TileLog, stages, RegisterHadamardKernels.TileLog - stages, strideLog, 0.3f);
        float[] expected = Random((int)pass.Count);
        using DeviceBuffer<float> rows = Upload<float>(expected);
        IlgpuDevice device = (IlgpuDevice)Device;
        device.Accelerator.LoadStreamKernel<ArrayView<float>, HadamardPass>(RegisterHadamardKernels.StridedTile, device.UpTo(RegisterHadamardKernels.Threads))(
            device.Tiles(pass.Tiles, RegisterHadamardKernels.Threads), device.View(rows), pass);
        for (int stage = strideLog; stage < strideLog + stages; stage++)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                if (((i >> stage) & 1) == 0)
                {
                    float u = expected[i], v = expected[i + (1 << stage)];
                    (expected[i], expected[i + (1 << stage)]) = (u + v, u - v);
                }
            }
        }

        Assert.Equal(expected.Select(x => x * 0.3f), Download(rows));
    }

    protected override Device Open() => IlgpuDevice.OpenSimulator(32, HadamardPlan.Registers);

    private static float[] Random(int count)
    {
        System.Random random = new(count);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }
}
