using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>SPEX on the golden games, at the peers' numbers of ablations: R² on masks no fit has seen, and the decode's CPU time after JIT.</summary>
internal static class SpexQuality
{
    private const int TestMasks = 10_000;
    private const double Floor = 1e-6;

    public static int Run(string[] arguments)
    {
        string golden = Option(arguments, "--golden") ?? Path.Combine("tests", "Spex.Engine.Tests", "Golden");
        string games = Option(arguments, "--golden") ?? Path.Combine("tests", "Spex.Core.Tests", "Golden");
        int seeds = int.Parse(Option(arguments, "--seeds") ?? "5", CultureInfo.InvariantCulture);
        string only = Option(arguments, "--game") ?? "";
        Dictionary<string, Game> all = new[] { "sparse_games.json", "real_games.json" }
            .SelectMany(file => GameFile.ReadAll(Path.Combine(games, file)))
            .ToDictionary(pair => pair.Key, pair => pair.Value);
        List<Cell> cells = [.. new[] { "sparse_results.json", "real_results.json" }.SelectMany(file => Cells(Path.Combine(golden, file)))];

        Console.WriteLine($"{Environment.ProcessorCount} cores; median of {seeds} seeds; CPU ms of one decode: all, transform and peeling, refit, faithfulness");
        Console.WriteLine($"{"game",-24}{"N",7}{"best peer",11}{"ours",9}{"ratio",8}{"CPU ms",9}{"peer/ours",11}   parts (wall ms)");
        double logRatios = 0;
        int counted = 0, below = 0, slower = 0, slowCells = 0;
        foreach (Cell cell in cells.Where(cell => all.ContainsKey(cell.Game) && cell.Game.Contains(only, StringComparison.Ordinal)))
        {
            (double r2, double cpu, string parts) = Measure(all[cell.Game], cell.Ablations, seeds);
            double ratio = Math.Max(Floor, 1 - r2) / Math.Max(Floor, 1 - cell.BestR2);
            if (cell.BestR2 < 0.999)
            {
                logRatios += Math.Log(ratio);
                counted++;
            }

            below += r2 < cell.BestR2 - 0.002 ? 1 : 0;
            slowCells += cell.PeerSeconds > 2 ? 1 : 0;
            slower += cell.PeerSeconds > 2 && cell.PeerSeconds < 100 * cpu ? 1 : 0;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Game,-24}{cell.Ablations,7}{cell.BestR2,11:0.0000}{r2,9:0.0000}{ratio,8:0.00}{1e3 * cpu,9:0.0}{cell.PeerSeconds / cpu,11:0}   {parts}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"geometric mean of (1−R²)/(1−R² of the best peer SPEX) over {counted} cells with the peer below 0.999: {Math.Exp(logRatios / Math.Max(1, counted)):0.000}; cells below the peer by more than 0.002: {below}; of {slowCells} cells where shapiq's SPEX took over 2 CPU s, {slower} took more than a hundredth of its time here"));
        return below == 0 ? 0 : 1;
    }

    private static (double R2, double CpuSeconds, string Parts) Measure(Game game, int ablations, int seeds)
    {
        using CpuDevice cpu = new();
        List<double> scores = [], seconds = [];
        string parts = "";
        for (int seed = 0; seed < seeds; seed++)
        {
            DecoderSettings settings = new() { Seed = (ulong)seed };
            bool exact = game.FeatureCount < 31 && 1L << game.FeatureCount <= ablations;
            ExplanationMethod method = exact ? new ExactMethod() : new SpexMethod();
            MaskDesign design = method.CreateDesign(game.FeatureCount, ablations, settings);
            MaskMatrix masks = design.ToMatrix(0, (int)design.Count);

            // Noise belongs to the mask and so repeats; another seed asks for other masks.
            Samples samples = new(design, game.Evaluate(masks).Select(value => (float)value).ToArray());
            for (int warm = 0; warm < (seed == 0 ? 3 : 0); warm++)
            {
                method.Decode(samples, settings, cpu, default);
            }

            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            Decoded decoded = method.Decode(samples, settings, cpu, default);
            long start = Stopwatch.GetTimestamp();
            if (decoded.OutOfFold is { } errors)
            {
                Faithfulness.OfErrors(errors.Residual, errors.Total, errors.SampleCount, FaithfulnessMeasure.CrossValidated, 0, 1);
            }

            double faithfulness = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            seconds.Add((Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds);
            parts = string.Join(' ', decoded.Timings.Select(part => (1e3 * part.Seconds).ToString("0.0", CultureInfo.InvariantCulture))) + $" +{faithfulness:0.0}";
            scores.Add(R2(game, decoded.Spectrum));
        }

        scores.Sort();
        seconds.Sort();

        // The process clock ticks in 10 ms on some systems: the mean is what several decodes take together.
        return (scores[seeds / 2], Math.Max(1e-4, seconds.Average()), parts);
    }

    private static double R2(Game game, Spectrum spectrum)
    {
        int count = (int)Math.Min(TestMasks, 1L << Math.Min(30, game.FeatureCount));
        MaskMatrix masks = new UniformDesign(game.FeatureCount, 987_654_321, 77, count).ToMatrix(0, count);
        return Faithfulness.Of(game.Noiseless.Evaluate(masks), spectrum.Evaluate(masks), FaithfulnessMeasure.Validated, 0).R2;
    }

    private static List<Cell> Cells(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        List<(string Game, int N, string Method, double R2, double Cpu)> rows = [];
        foreach (JsonElement row in document.RootElement.GetProperty("results").EnumerateArray())
        {
            string method = row.GetProperty("method").GetString()!;
            if (method.Contains("_SPEX", StringComparison.Ordinal)
                && row.TryGetProperty("r2", out JsonElement r2) && r2.ValueKind == JsonValueKind.Number
                && row.TryGetProperty("n_samples", out JsonElement n) && n.ValueKind == JsonValueKind.Number)
            {
                double cpu = row.TryGetProperty("cpu_s", out JsonElement s) && s.ValueKind == JsonValueKind.Number ? s.GetDouble() : 0;
                rows.Add((row.GetProperty("game").GetString()!, n.GetInt32(), method, r2.GetDouble(), cpu));
            }
        }

        return rows.GroupBy(row => (row.Game, row.N)).Select(cell => new Cell(
            cell.Key.Game,
            cell.Key.N,
            cell.Max(row => row.R2),
            cell.FirstOrDefault(row => row.Method == "shapiq_SPEX").Cpu)).ToList();
    }

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    private sealed record Cell(string Game, int Ablations, double BestR2, double PeerSeconds);
}
