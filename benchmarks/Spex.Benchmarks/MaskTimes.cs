using System.Globalization;
using Spex.Core.Designs;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>Building the packed masks of a design, against filling the same memory with a constant: the store bandwidth of the same run.</summary>
internal static class MaskTimes
{
    private const int Count = 11;
    private const long Bytes = 32L << 20;

    public static int Run()
    {
        Console.WriteLine($"{Rounds.Machine()}; {Bytes >> 20} MiB of masks; medians of {Count} rounds in turns (CPU time for one thread, wall time for several)");
        Console.WriteLine($"{"design",10}{"n",8}{"threads",9}{"masks GB/s",12}{"store GB/s",12}{"share",8}{"ns a mask",11}");
        foreach (int n in new[] { 64, 300, 1000, 4000, 16384 })
        {
            int words = (n + 63) / 64;
            int wanted = (int)(Bytes / (8 * words));
            MaskDesign spex = SpexDesign.ForBudget(n, wanted, 5, 1);
            foreach ((string name, MaskDesign design) in new[] { ("uniform", (MaskDesign)new UniformDesign(n, 1, 1, wanted)), ("spex", spex) })
            {
                foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                {
                    using CpuDevice cpu = new(threads);
                    int count = (int)Math.Min(wanted, design.Count);
                    using DeviceBuffer<ulong> masks = cpu.Allocate<ulong>((long)count * words);
                    int repeats = (int)Math.Max(1, Bytes / 8 / masks.Length);
                    Action[] work =
                    [
                        () =>
                        {
                            for (int i = 0; i < repeats; i++)
                            {
                                cpu.Masks.Generate(design, 0, count, masks);
                            }
                        },
                        () =>
                        {
                            for (int i = 0; i < repeats; i++)
                            {
                                Fill(masks, threads);
                            }
                        },
                    ];
                    double[] seconds = threads == 1 ? Rounds.CpuMedians(Count, work) : Rounds.Medians(Count, work);
                    double bytes = 8.0 * masks.Length * repeats;
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name,10}{n,8}{threads,9}{bytes / seconds[0] / 1e9,12:0.00}{bytes / seconds[1] / 1e9,12:0.00}{seconds[1] / seconds[0],8:0.00}{seconds[0] / repeats / count * 1e9,11:0.0}"));
                }
            }
        }

        return 0;
    }

    private static void Fill(DeviceBuffer<ulong> masks, int threads)
    {
        if (threads == 1)
        {
            masks.Span.Fill(0x5555_5555_5555_5555);
            return;
        }

        int part = (int)((masks.Length + threads - 1) / threads);
        Parallel.For(0, threads, thread =>
        {
            int start = Math.Min(thread * part, (int)masks.Length);
            masks.Span.Slice(start, Math.Min(part, (int)masks.Length - start)).Fill(0x5555_5555_5555_5555);
        });
    }
}
