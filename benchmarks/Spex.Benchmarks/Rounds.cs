using System.Diagnostics;

namespace Spex.Benchmarks;

/// <summary>Times several pieces of work in turns, so that what else the machine does falls on all of them alike.</summary>
internal static class Rounds
{
    /// <summary>The median seconds of each piece of work over all rounds; rounds of half a second before them warm up.</summary>
    /// <param name="rounds">Rounds, an odd number.</param>
    /// <param name="work">What is timed.</param>
    public static double[] Medians(int rounds, params Action[] work) => Medians(rounds, static () => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, work);

    /// <summary>The same in CPU seconds of the process, which other processes lengthen less: for work in one thread.</summary>
    public static double[] CpuMedians(int rounds, params Action[] work) => Medians(rounds, static () => Environment.CpuUsage.TotalTime.TotalSeconds, work);

    private static double[] Medians(int rounds, Func<double> clock, Action[] work)
    {
        double[][] seconds = [.. work.Select(_ => new double[rounds])];
        // The compiler replaces methods by faster forms beside the work, and takes its time for it.
        long begin = Stopwatch.GetTimestamp();
        for (int round = -1; round < rounds; round += round < 0 && Stopwatch.GetElapsedTime(begin).TotalSeconds < 0.5 ? 0 : 1)
        {
            for (int i = 0; i < work.Length; i++)
            {
                double start = clock();
                work[i]();
                if (round >= 0)
                {
                    seconds[i][round] = clock() - start;
                }
            }
        }

        foreach (double[] times in seconds)
        {
            Array.Sort(times);
        }

        return [.. seconds.Select(times => times[rounds / 2])];
    }

    /// <summary>The machine and its load, for the head of a table: a number means nothing without them.</summary>
    public static string Machine()
    {
        string? processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        string load = File.Exists("/proc/loadavg") ? $"; load {string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3])}" : "";
        return $"{processor ?? "unknown processor"}, {Environment.ProcessorCount} cores{load}";
    }
}
