using System.Globalization;
using Spex.Core.Games;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Benchmarks;

/// <summary>SPEX's decode in its parts over the number of features and over the number of samples, and the memory that it takes.</summary>
internal static class DecodeTimes
{
    private const int Terms = 100;

    /// <summary>Wall time of each part: first over n, then over the budget.</summary>
    public static int Run()
    {
        Console.WriteLine($"{Rounds.Machine()}; {Terms} terms of degree up to 3 and noise; medians of 3 after one to warm up; seconds");
        Console.WriteLine($"{"n",7}{"samples",9}{"masks",9}{"peeling",9}{"refit",9}{"faithf.",9}{"interact.",11}{"CPU in all",12}{"R²",8}   parts");
        foreach (int n in new[] { 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384 })
        {
            Row(n, 50_000);
        }

        Console.WriteLine();
        foreach (int budget in new[] { 6_250, 12_500, 25_000, 50_000, 100_000, 200_000 })
        {
            Row(1000, budget);
        }

        return 0;
    }

    /// <summary>Peak memory of one decode beyond what the process had before it.</summary>
    public static int Memory()
    {
        const int N = 4000, Budget = 50_000;
        using CpuDevice device = new();
        GameValueFunction function = new(Game(N));
        long before = Status("VmRSS");
        Explanation explanation = new Explainer(device).Explain(function, new ExplainerSettings { Method = "spex", Budget = Budget });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"n = {N}, {explanation.Run.Ablations} ablations: peak {Status("VmHWM") / 1024} MiB, before {before / 1024} MiB, beyond it {(Status("VmHWM") - before) / 1024} MiB; R² {explanation.Faithfulness.R2:0.0000}"));
        return 0;
    }

    private static void Row(int n, int budget)
    {
        using CpuDevice device = new();
        GameValueFunction function = new(Game(n));
        List<(Explanation Explanation, double Cpu)> runs = [];
        for (int round = 0; round < 4; round++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            Explanation explanation = new Explainer(device).Explain(function, new ExplainerSettings { Method = "spex", Budget = budget });
            runs.Add((explanation, (Environment.CpuUsage.TotalTime - before).TotalSeconds));
        }

        runs.RemoveAt(0);
        double Median(Func<(Explanation Explanation, double Cpu), double> of) => runs.Select(of).Order().ElementAt(1);
        double Part(string name) => Median(run => run.Explanation.Run.Timings.Where(timing => timing.Part.StartsWith(name, StringComparison.Ordinal)).Sum(timing => timing.Seconds));
        Explanation last = runs[^1].Explanation;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{n,7}{last.Run.Ablations,9}{Part("masks"),9:0.0000}{Part("transform"),9:0.0000}{Part("refit"),9:0.0000}{Part("faith"),9:0.0000}{Part("inter"),11:0.0000}{Median(run => run.Cpu),12:0.000}{last.Faithfulness.R2,8:0.0000}   {string.Join(", ", last.Run.Timings.Select(timing => timing.Part))}"));
    }

    /// <summary>A sparse function of the same number of terms whatever n.</summary>
    private static SparseGame Game(int n)
    {
        List<SpectrumTerm> terms = [];
        HashSet<FeatureSet> seen = [];
        for (ulong index = 0; terms.Count < Terms; index++)
        {
            int degree = 1 + Philox.Below(7, 0, index, 3);
            FeatureSet set = new([.. Enumerable.Range(0, degree).Select(i => Philox.Below(7, 1 + (ulong)i, index, n)).Distinct()]);
            if (seen.Add(set))
            {
                terms.Add(new SpectrumTerm(set, 1 + Philox.Uniform(7, 9, index)));
            }
        }

        return new SparseGame(n, SparseBasis.Fourier, terms, 0.5, 1);
    }

    private static long Status(string name) =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
