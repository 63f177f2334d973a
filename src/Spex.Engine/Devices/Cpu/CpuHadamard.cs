using System.Runtime.Intrinsics;
using Spex.Engine.Devices.Cpu.Vectors;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Walsh-Hadamard transforms on the host: vectors along a row, threads over rows, or over the parts of a row that is long.</summary>
internal sealed unsafe class CpuHadamard(CpuDevice device) : HadamardPrimitives
{
    // Work for one thread at a time: 128 KB, far more than handing it out costs.
    private const int TaskLog = 15;

    // A row of this length is worth cutting up when there are fewer rows than threads.
    private const int WideLog = 17;

    private readonly delegate*<float*, int, float, void> _transform = device.Wide
        ? &HadamardPasses<Butterfly512, Vector512<float>>.Transform
        : &HadamardPasses<Butterfly256, Vector256<float>>.Transform;

    private readonly delegate*<float*, long, long, float, void> _radix8 = device.Wide
        ? &HadamardPasses<Butterfly512, Vector512<float>>.Radix8
        : &HadamardPasses<Butterfly256, Vector256<float>>.Radix8;

    public override void Transform(DeviceBuffer<float> rows, int rowCount, int log2Length, float scale)
    {
        CheckArguments(rows, rowCount, log2Length);
        float* x = CpuDevice.Pointer(rows);
        long length = 1L << log2Length;
        if (log2Length >= WideLog && rowCount < device.Threads)
        {
            for (int row = 0; row < rowCount; row++)
            {
                TransformWide(x + (row * length), log2Length, scale);
            }

            return;
        }

        int rowsPerTask = 1 << Math.Max(0, TaskLog - log2Length);
        device.For((rowCount + rowsPerTask - 1) / rowsPerTask, task =>
        {
            int end = Math.Min(rowCount, (task + 1) * rowsPerTask);
            for (int row = task * rowsPerTask; row < end; row++)
            {
                _transform(x + (row * length), log2Length, scale);
            }
        });
    }

    // One row by all threads: 64 parts each on its own, then the last six stages in two passes whose columns are shared out.
    private void TransformWide(float* x, int log, float scale)
    {
        const int Columns = 1 << 10;
        int low = log - 6;
        long part = 1L << low;
        device.For(64, i => _transform(x + (i * part), low, 1));

        int slices = (int)(part / Columns);
        device.For(8 * slices, i => _radix8(x + (i / slices * 8 * part) + (i % slices * (long)Columns), part, Columns, 1));
        device.For(8 * slices, i => _radix8(x + (i * (long)Columns), 8 * part, Columns, scale));
    }
}
