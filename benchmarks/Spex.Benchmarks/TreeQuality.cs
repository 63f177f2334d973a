using System.Globalization;
using System.Text.Json;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Trees;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>
/// Boosted trees against LightGBM with one setting (depth 5, 31 leaves, 500 trees, rate 0.1, five contiguous folds, nothing stopped early) on the golden games:
/// R² out of fold on the same uniform masks, and the CPU time of the five fits.
/// </summary>
internal static class TreeQuality
{
    private const int Trees = 500;

    public static int Run(string[] arguments)
    {
        string golden = Path.Combine("tests", "Spex.Engine.Tests", "Golden"), games = Path.Combine("tests", "Spex.Core.Tests", "Golden");
        int at = Array.IndexOf(arguments, "--game");
        string only = at >= 0 ? arguments[at + 1] : "";
        at = Array.IndexOf(arguments, "--seeds");
        int seeds = at >= 0 ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : 1;
        Console.WriteLine($"means over {seeds} draws of the masks");
        Console.WriteLine($"{"game",-24}{"N",7}{"LightGBM",11}{"ours",9}{"less",9}{"CPU s LGBM",12}{"ours",8}{"ratio",7}");
        int worse = 0;
        double logRatios = 0, differences = 0;
        List<(string Id, Game Game, int Count)> cells = Cells(golden, games, only);
        Warm();
        foreach ((string id, Game game, int count) in cells)
        {
            using CpuDevice cpu = new();
            double ours = 0, theirs = 0, ourSeconds = 0, theirSeconds = 0;
            int used = 0;
            for (int seed = 0; seed < seeds; seed++)
            {
                using UniformSamples samples = new(cpu, game, count, 5 + (ulong)seed);
                int[] boundaries = ProxySearch.Boundaries(samples.Count);
                (double r2, double seconds) = Ours(cpu, samples, boundaries);
                (double peerR2, double peerSeconds) = Theirs(samples, boundaries);
                ours += r2 / seeds;
                theirs += peerR2 / seeds;
                ourSeconds += seconds / seeds;
                theirSeconds += peerSeconds / seeds;
                used = samples.Count;
            }

            worse += ours < theirs - 0.003 ? 1 : 0;
            differences += ours - theirs;
            logRatios += Math.Log(theirSeconds / ourSeconds);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{id,-24}{used,7}{theirs,11:0.0000}{ours,9:0.0000}{theirs - ours,9:0.0000}{theirSeconds,12:0.00}{ourSeconds,8:0.000}{theirSeconds / ourSeconds,7:0.0}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cells.Count} games; below LightGBM by more than 0.003: {worse}; mean difference {differences / cells.Count:+0.0000;-0.0000}; geometric mean of LightGBM's CPU time over ours {Math.Exp(logRatios / cells.Count):0.0}"));
        return worse == 0 ? 0 : 1;
    }

    /// <summary>Every game once, at the smallest number of ablations that the peers were given.</summary>
    public static List<(string Id, Game Game, int Count)> Cells(string golden, string games, string only)
    {
        Dictionary<string, int> counts = [];
        foreach (string file in new[] { "sparse_results.json", "real_results.json" })
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(golden, file)));
            foreach (JsonElement row in document.RootElement.GetProperty("results").EnumerateArray())
            {
                if (row.TryGetProperty("n_samples", out JsonElement n) && n.ValueKind == JsonValueKind.Number && row.GetProperty("method").GetString()!.Contains("SPEX", StringComparison.Ordinal))
                {
                    string id = row.GetProperty("game").GetString()!;
                    counts[id] = Math.Min(counts.GetValueOrDefault(id, int.MaxValue), n.GetInt32());
                }
            }
        }

        return [.. new[] { "sparse_games.json", "real_games.json" }
            .SelectMany(file => GameFile.ReadAll(Path.Combine(games, file)))
            .Where(pair => counts.ContainsKey(pair.Key) && pair.Key.Contains(only, StringComparison.Ordinal))
            .Select(pair => (pair.Key, pair.Value, counts[pair.Key]))];
    }

    /// <summary>Lets the just-in-time compiler finish with our trees; LightGBM is compiled already.</summary>
    private static void Warm()
    {
        using CpuDevice cpu = new();
        using UniformSamples samples = new(cpu, RandomGames.Hierarchy(200, 20, 3, 0.1, 1), 1000, 5);
        for (int round = 0; round < 3; round++)
        {
            Ours(cpu, samples, ProxySearch.Boundaries(samples.Count));
        }
    }

    private static (double R2, double Seconds) Ours(CpuDevice cpu, UniformSamples samples, int[] boundaries)
    {
        double[] predictions = new double[samples.Count];
        byte[] folds = new byte[samples.Count];
        for (int fold = 0; fold + 1 < boundaries.Length; fold++)
        {
            folds.AsSpan(boundaries[fold]..boundaries[fold + 1]).Fill((byte)fold);
        }

        TimeSpan before = Environment.CpuUsage.TotalTime;
        using (BoostingBatch batch = cpu.Trees.Load(samples.Columns, samples.Count, samples.Masks.FeatureCount, samples.DeviceValues, folds))
        {
            int[] runs = [.. Enumerable.Range(0, boundaries.Length - 1).Select(fold => batch.Add(new BoostingSettings(5, 0.1), (byte)fold))];
            batch.Grow(runs, Trees);
            foreach (int run in runs)
            {
                batch.Predict(run, predictions);
            }
        }

        return (samples.R2(predictions), (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    private static (double R2, double Seconds) Theirs(UniformSamples samples, int[] boundaries)
    {
        int n = samples.Masks.FeatureCount;
        double[] predictions = new double[samples.Count];
        double[] rows = LightGbm.Dense(samples.Masks, Enumerable.Range(0, samples.Count));
        TimeSpan spent = TimeSpan.Zero;
        for (int fold = 0; fold + 1 < boundaries.Length; fold++)
        {
            int start = boundaries[fold], end = boundaries[fold + 1];
            double[] training = [.. rows.AsSpan(0, start * n), .. rows.AsSpan(end * n)];
            float[] values = [.. samples.Values.AsSpan(0, start), .. samples.Values.AsSpan(end)];
            TimeSpan before = Environment.CpuUsage.TotalTime;
            using LightGbm model = new(training, values, n, "max_depth=5 num_leaves=31 learning_rate=0.1 min_data_in_leaf=20", Trees);
            spent += Environment.CpuUsage.TotalTime - before;
            model.Predict(rows[(start * n)..(end * n)]).CopyTo(predictions, start);
        }

        return (samples.R2(predictions), spent.TotalSeconds);
    }
}
