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
/// R² out of fold on the same uniform masks in the same folds, with quantized gradients and with fine ones, and the CPU time of the five fits.
/// </summary>
/// <remarks>
/// Every number is a median over draws of the masks; a difference is taken draw by draw. What LightGBM itself moves by, draw by draw, where nothing but the folds changes (the same masks in
/// another order) stands beside the differences. Its seed changes nothing in this setting, for it draws nothing.
/// </remarks>
internal static class TreeQuality
{
    private const int Trees = 500;

    // What R² may be less than LightGBM's.
    private const double Allowed = 0.003;

    public static int Run(string[] arguments)
    {
        string golden = Path.Combine("tests", "Spex.Engine.Tests", "Golden"), games = Path.Combine("tests", "Spex.Core.Tests", "Golden");
        int at = Array.IndexOf(arguments, "--game");
        string only = at >= 0 ? arguments[at + 1] : "";
        at = Array.IndexOf(arguments, "--seeds");
        int seeds = at >= 0 ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : 1;
        Console.WriteLine($"medians over {seeds} draws of the masks; R² of LightGBM, what other folds change of it, what ours have more");
        Console.WriteLine($"{"game",-20}{"N",6}{"LightGBM",10}{"folds ±",9}{"quantized",11}{"fine",9}{"CPU s LGBM",12}{"quantized",11}{"fine",7}");
        List<(string Id, Game Game, int Count)> cells = Cells(golden, games, only);
        if (cells.Count == 0)
        {
            Console.Error.WriteLine($"No game that the peers were given has {only} in its name.");
            return 2;
        }

        List<Draw[]> all = [];
        Warm();
        foreach ((string id, Game game, int count) in cells)
        {
            Draw[] draws = [.. Enumerable.Range(0, seeds).Select(seed => Compare(game, count, 5 + (ulong)seed))];
            double Of(Func<Draw, double> number) => Median(draws.Select(number));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{id,-20}{draws[0].Samples,6}{Of(draw => draw.LightGbm.R2),10:0.0000}{Of(draw => Math.Abs(draw.OtherFolds - draw.LightGbm.R2)),9:0.0000}{Signed(Of(draw => draw.Quantized.R2 - draw.LightGbm.R2)),11}{Signed(Of(draw => draw.Fine.R2 - draw.LightGbm.R2)),9}{Of(draw => draw.LightGbm.Seconds),12:0.00}{Of(draw => draw.Quantized.Seconds),11:0.000}{Of(draw => draw.Fine.Seconds),7:0.000}"));
            all.Add(draws);
        }

        Say("quantized gradients", all, draw => draw.Quantized);
        return Say("fine gradients", all, draw => draw.Fine) == 0 ? 0 : 1;
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

    /// <summary>One kind of ours against LightGBM on all games.</summary>
    /// <returns>Games in which the median of the differences is below what is allowed.</returns>
    private static int Say(string name, List<Draw[]> games, Func<Draw, Fit> ours)
    {
        int worse = games.Count(draws => Median(draws.Select(draw => ours(draw).R2 - draw.LightGbm.R2)) < -Allowed);
        double mean = games.Average(draws => draws.Average(draw => ours(draw).R2 - draw.LightGbm.R2));
        double ratio = Math.Exp(games.Average(draws => draws.Average(draw => Math.Log(draw.LightGbm.Seconds / ours(draw).Seconds))));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {games.Count} games, below LightGBM by more than {Allowed}: {worse}; mean difference {Signed(mean)}; geometric mean of LightGBM's CPU time over ours {ratio:0.0}"));
        return worse;
    }

    private static Draw Compare(Game game, int count, ulong seed)
    {
        using CpuDevice cpu = new();
        using UniformSamples samples = new(cpu, game, count, seed);
        int[] order = [.. Enumerable.Range(0, samples.Count)];
        Fit theirs = Theirs(samples, order);
        new Random((int)seed).Shuffle(order);
        return new Draw(samples.Count, theirs, Theirs(samples, order).R2, Ours(cpu, samples, true), Ours(cpu, samples, false));
    }

    // Adding 0 makes of what is rounded to −0 a 0.
    private static string Signed(double value) => (Math.Round(value, 4) + 0.0).ToString("+0.0000;-0.0000", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>Lets the just-in-time compiler finish with our trees; LightGBM is compiled already.</summary>
    private static void Warm()
    {
        using CpuDevice cpu = new();
        using UniformSamples samples = new(cpu, RandomGames.Hierarchy(200, 20, 3, 0.1, 1), 1000, 5);
        for (int round = 0; round < 3; round++)
        {
            Ours(cpu, samples, true);
            Ours(cpu, samples, false);
        }
    }

    private static Fit Ours(CpuDevice cpu, UniformSamples samples, bool quantized)
    {
        int[] boundaries = ProxySearch.Boundaries(samples.Count);
        double[] predictions = new double[samples.Count];
        byte[] folds = new byte[samples.Count];
        for (int fold = 0; fold + 1 < boundaries.Length; fold++)
        {
            folds.AsSpan(boundaries[fold]..boundaries[fold + 1]).Fill((byte)fold);
        }

        TimeSpan before = Environment.CpuUsage.TotalTime;
        using (BoostingBatch batch = cpu.Trees.Load(samples.Columns, samples.Count, samples.Masks.FeatureCount, samples.DeviceValues, folds))
        {
            int[] runs = [.. Enumerable.Range(0, boundaries.Length - 1).Select(fold => batch.Add(new BoostingSettings(5, 0.1) { QuantizedGradients = quantized }, (byte)fold))];
            batch.Grow(runs, Trees);
            foreach (int run in runs)
            {
                batch.Predict(run, predictions);
            }
        }

        return new Fit(samples.R2(predictions), (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    /// <summary>LightGBM in contiguous folds of the samples in an order.</summary>
    private static Fit Theirs(UniformSamples samples, int[] order)
    {
        int n = samples.Masks.FeatureCount;
        int[] boundaries = ProxySearch.Boundaries(samples.Count);
        double[] predictions = new double[samples.Count], rows = LightGbm.Dense(samples.Masks, order);
        float[] values = [.. order.Select(sample => samples.Values[sample])];
        TimeSpan spent = TimeSpan.Zero;
        for (int fold = 0; fold + 1 < boundaries.Length; fold++)
        {
            int start = boundaries[fold], end = boundaries[fold + 1];
            double[] training = [.. rows.AsSpan(0, start * n), .. rows.AsSpan(end * n)];
            float[] trainingValues = [.. values.AsSpan(0, start), .. values.AsSpan(end)];
            TimeSpan before = Environment.CpuUsage.TotalTime;
            using LightGbm model = new(training, trainingValues, n, "max_depth=5 num_leaves=31 learning_rate=0.1 min_data_in_leaf=20", Trees);
            spent += Environment.CpuUsage.TotalTime - before;
            double[] heldOut = model.Predict(rows[(start * n)..(end * n)]);
            for (int i = start; i < end; i++)
            {
                predictions[order[i]] = heldOut[i - start];
            }
        }

        return new Fit(samples.R2(predictions), spent.TotalSeconds);
    }

    /// <summary>R² out of fold and the CPU seconds of the folds' fits.</summary>
    private readonly record struct Fit(double R2, double Seconds);

    /// <summary>All fits to one draw of masks.</summary>
    private sealed record Draw(int Samples, Fit LightGbm, double OtherFolds, Fit Quantized, Fit Fine);
}
