using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>The Walsh-Hadamard transform of one row in one thread, 2^8 to 2^24 numbers, against FFHT's float transform and against copying the row.</summary>
/// <remarks>
/// FFHT is not part of this repository: `--ffht PATH` names a shared library with <c>int fht_float(float *, int log_n)</c>, built from its sources by
/// gcc -O3 -march=native -shared -fPIC. GB/s count 8 bytes a number, one reading and one writing.
/// </remarks>
internal static unsafe class HadamardTimes
{
    private const int Least = 8, Most = 24, Count = 11;

    public static int Run(string[] arguments)
    {
        delegate* unmanaged[SuppressGCTransition]<float*, int, int> peer = arguments is ["--ffht", string path]
            ? (delegate* unmanaged[SuppressGCTransition]<float*, int, int>)NativeLibrary.GetExport(NativeLibrary.Load(Path.GetFullPath(path)), "fht_float")
            : null;
        using CpuDevice cpu = new(1);
        Console.WriteLine($"{Rounds.Machine()}; one thread, {(Vector512Width() ? "512" : "256")}-bit vectors; medians of {Count} rounds in turns, CPU time");
        Console.WriteLine($"{"numbers",9}{"here GB/s",12}{"FFHT GB/s",12}{"FFHT/here time",17}{"copy GB/s",12}");
        double product = 1;
        WarmUp(cpu);
        for (int b = Least; b <= Most; b++)
        {
            int length = 1 << b, repeats = 1 << Math.Max(0, 20 - b);
            using DeviceBuffer<float> row = cpu.Allocate<float>(length), other = cpu.Allocate<float>(length);
            float* peerRow = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
            Span<float> start = new float[length];
            for (int i = 0; i < length; i++)
            {
                start[i] = (BitOperations.PopCount((uint)(i * 2654435761)) & 1) - 0.5f;
            }

            // Each call multiplies the squares' sum by 2^b: zeros keep thousands of calls finite, and take as long as other numbers.
            row.CopyFrom(start);
            start.CopyTo(new Span<float>(peerRow, length));
            cpu.Hadamard.Transform(row, 1, b, 1);
            double difference = 0;
            if (peer is not null)
            {
                _ = peer(peerRow, b);
                for (int i = 0; i < length; i++)
                {
                    difference = Math.Max(difference, Math.Abs(row.Span[i] - peerRow[i]));
                }
            }

            row.Fill(0);
            new Span<float>(peerRow, length).Clear();
            double[] seconds = Rounds.CpuMedians(
                Count,
                () =>
                {
                    for (int i = 0; i < repeats; i++)
                    {
                        cpu.Hadamard.Transform(row, 1, b, 1);
                    }
                },
                () =>
                {
                    for (int i = 0; peer is not null && i < repeats; i++)
                    {
                        _ = peer(peerRow, b);
                    }
                },
                () =>
                {
                    for (int i = 0; i < repeats; i++)
                    {
                        row.Span.CopyTo(other.Span);
                    }
                });
            NativeMemory.AlignedFree(peerRow);
            double Rate(double time) => 8e-9 * length * repeats / time;
            string theirs = peer is null ? $"{"-",12}{"-",17}" : string.Create(CultureInfo.InvariantCulture, $"{Rate(seconds[1]),12:0.0}{seconds[1] / seconds[0],17:0.00}");
            product *= seconds[1] / seconds[0];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"2^" + b,9}{Rate(seconds[0]),12:0.0}{theirs}{Rate(seconds[2]),12:0.0}{(difference > 0 ? $"   results differ by up to {difference:G2}" : "")}"));
        }

        if (peer is not null)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"geometric mean of FFHT/here: {Math.Pow(product, 1.0 / (Most - Least + 1)):0.00}"));
        }

        return 0;
    }

    // The compiler replaces methods by faster forms beside the work; on a busy machine that takes longer than a round.
    private static void WarmUp(CpuDevice cpu)
    {
        using DeviceBuffer<float> row = cpu.Allocate<float>(1 << 14);
        row.Fill(0);
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 3;)
        {
            for (int b = Least; b <= 14; b++)
            {
                cpu.Hadamard.Transform(row, 1, b, 1);
            }
        }
    }

    private static bool Vector512Width() => System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated;
}
