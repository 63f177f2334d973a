using System.Diagnostics;
using System.Globalization;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Core.Trees;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>The default search of boosted trees against the paper's grid on random games and the golden ones: R² out of fold, what won, and CPU time of search and spectrum.</summary>
internal static class ProxySearchQuality
{
    public static int Run(string[] arguments)
    {
        bool paper = arguments.Contains("--paper");
        int at = Array.IndexOf(arguments, "--game");
        string only = at >= 0 ? arguments[at + 1] : "";
        List<(string Id, Game Game, int Count)> cells = [.. Random().Where(cell => cell.Id.Contains(only, StringComparison.Ordinal))];
        if (arguments.Contains("--large"))
        {
            cells = [("random1000", RandomGames.Hierarchy(1000, 60, 4, 0.1, 1), 10_000), ("random5000", RandomGames.Hierarchy(5000, 60, 3, 0.1, 1), 5000), ("random20000", RandomGames.Hierarchy(20_000, 40, 3, 0.1, 1), 5000)];
            only = "none of the golden games";
        }

        cells.AddRange(TreeQuality.Cells(Path.Combine("tests", "Spex.Engine.Tests", "Golden"), Path.Combine("tests", "Spex.Core.Tests", "Golden"), only));
        Console.WriteLine($"{"game",-24}{"N",7}{"R²",9}{"CPU s",8}{"wall s",8}{"spectrum",9}{"terms",8}   winner; best of each (trees: R²)");
        using CpuDevice cpu = new();
        for (int warm = 0; warm < 3; warm++)
        {
            Measure(cpu, RandomGames.Hierarchy(100, 30, 4, 0.1, 1), 1000, paper: false);
        }

        double sum = 0, logs = 0, seconds = 0;
        foreach ((string id, Game game, int count) in cells)
        {
            (double r2, double search, double wall, double spectrum, int terms, string winner) = Measure(cpu, game, count, paper);
            sum += r2;
            logs += Math.Log(Math.Max(1e-6, 1 - r2));
            seconds += search;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id,-24}{count,7}{r2,9:0.0000}{search,8:0.000}{wall,8:0.00}{spectrum,9:0.000}{terms,8}   {winner}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cells.Count} games; mean R² {sum / cells.Count:0.0000}; geometric mean of 1−R² {Math.Exp(logs / cells.Count):0.0000}; CPU s {seconds:0.0}"));
        return 0;
    }

    private static (double R2, double Search, double Wall, double Spectrum, int Terms, string Winner) Measure(CpuDevice cpu, Game game, int count, bool paper)
    {
        ProxySearchSettings settings = paper ? ProxySearchSettings.Paper : ProxySearchSettings.For(count);
        using UniformSamples samples = new(cpu, game, count, 5);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        ProxySearchResult result = ProxySearch.Run(cpu, samples.Columns, samples.Count, game.FeatureCount, samples.DeviceValues, ProxySearch.Boundaries(samples.Count), settings, default);
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TimeSpan searched = Environment.CpuUsage.TotalTime;
        Spectrum spectrum = TreeSpectrum.Extract(result.Trees, 5);
        TimeSpan extracted = Environment.CpuUsage.TotalTime;
        double mean = samples.Values.Average(value => (double)value), total = samples.Values.Sum(value => (value - mean) * (value - mean));
        string tried = string.Join("; ", result.Tried.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.BestTreeCount}/{one.GrownTrees}: {1 - (one.SquaredError / total):0.0000}")));
        return (samples.R2(result.OutOfFold), (searched - before).TotalSeconds, wall, (extracted - searched).TotalSeconds, spectrum.Terms.Count, $"{result.Settings}; {tried}");
    }

    private static IEnumerable<(string Id, Game Game, int Count)> Random()
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            yield return ($"random16-{seed}", RandomGames.Hierarchy(16, 10, 4, 0.05, seed), 600);
            yield return ($"random60-{seed}", RandomGames.Hierarchy(60, 30, 5, 0.2, seed), 1500);
            yield return ($"random150-{seed}", RandomGames.Hierarchy(150, 40, 4, 0.05, seed), 2000);
            yield return ($"random150many-{seed}", RandomGames.Hierarchy(150, 150, 3, 0.1, seed), 5000);
            yield return ($"random400-{seed}", RandomGames.Hierarchy(400, 60, 3, 0, seed), 3000);
        }
    }
}
