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

/// <summary>
/// A method on the golden games, at the peers' numbers of ablations: R² on masks no fit has seen, and the decode's CPU time after JIT. SPEX is compared with the peers' SPEX, ProxySPEX with
/// theirs, and auto with the best of all their methods.
/// </summary>
internal static class MethodQuality
{
    private const int TestMasks = 10_000;
    private const double Floor = 1e-6;
    private const double Goal = 0.9;

    public static int Run(string name, string[] arguments)
    {
        string golden = Option(arguments, "--golden") ?? Path.Combine("tests", "Spex.Engine.Tests", "Golden");
        string games = Option(arguments, "--golden") ?? Path.Combine("tests", "Spex.Core.Tests", "Golden");
        int seeds = int.Parse(Option(arguments, "--seeds") ?? "5", CultureInfo.InvariantCulture);
        string only = Option(arguments, "--game") ?? "";
        (string rivals, TimedPeer[] timed) = name switch
        {
            "spex" => ("_SPEX", [new TimedPeer("shapiq_SPEX", 2, 100)]),
            "proxyspex" => ("ProxySPEX", [new TimedPeer("shapiq_ProxySPEX", 0, 30), new TimedPeer("se_ProxySPEX", 0, 100)]),
            _ => ("", Array.Empty<TimedPeer>()),
        };
        Dictionary<string, Game> all = new[] { "sparse_games.json", "real_games.json" }
            .SelectMany(file => GameFile.ReadAll(Path.Combine(games, file)))
            .ToDictionary(pair => pair.Key, pair => pair.Value);
        List<Cell> cells = [.. new[] { "sparse_results.json", "real_results.json" }.SelectMany(file => Cells(Path.Combine(golden, file), rivals, timed))];
        cells = [.. cells.Where(cell => all.ContainsKey(cell.Game) && cell.Game.Contains(only, StringComparison.Ordinal))];

        Console.WriteLine($"{name}; {Environment.ProcessorCount} cores; median of {seeds} seeds; CPU ms of one decode");
        Console.WriteLine($"{"game",-24}{"N",7}{"best peer",11}{"ours",9}{"ratio",8}{"CPU ms",9}{string.Concat(timed.Select(peer => $"{peer.Method,20}"))}   parts (wall ms)");
        double logRatios = 0;
        int counted = 0, below = 0;
        List<double>[] factors = [.. timed.Select(_ => new List<double>())];
        foreach (Cell cell in cells)
        {
            (double r2, double cpu, string parts) = Measure(name, all[cell.Game], cell.Ablations, seeds, arguments.Contains("--r2") ? 0 : 2);
            double ratio = Math.Max(Floor, 1 - r2) / Math.Max(Floor, 1 - cell.BestR2);
            if (cell.BestR2 < 0.999)
            {
                logRatios += Math.Log(ratio);
                counted++;
            }

            below += r2 < cell.BestR2 - 0.002 ? 1 : 0;
            for (int peer = 0; peer < timed.Length; peer++)
            {
                if (cell.PeerSeconds[peer] > timed[peer].LeastSeconds)
                {
                    factors[peer].Add(cell.PeerSeconds[peer] / cpu);
                }
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.Game,-24}{cell.Ablations,7}{cell.BestR2,11:0.0000}{r2,9:0.0000}{ratio,8:0.00}{1e3 * cpu,9:0.0}{string.Concat(cell.PeerSeconds.Select(seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds / cpu,20:0}")))}   {parts}"));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{cells.Count} cells; below the best peer by more than 0.002: {below}; geometric mean of (1−R²)/(1−R² of the best peer) over {counted} cells with that peer below 0.999: {Math.Exp(logRatios / Math.Max(1, counted)):0.000}"));
        foreach ((TimedPeer peer, List<double> found) in timed.Zip(factors))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"CPU time of {peer.Method} over ours: geometric mean {Math.Exp(found.Select(factor => Math.Log(factor)).DefaultIfEmpty().Average()):0} over {found.Count} cells where it took over {peer.LeastSeconds} s, below {peer.Factor} in {found.Count(factor => factor < peer.Factor)}"));
        }

        return below == 0 ? 0 : 1;
    }

    /// <summary>Ablations that a method needs for R² = 0.9 where a peer's ProxySPEX reaches it: halved from the peer's number for as long as it still does.</summary>
    public static int RunAblations(string[] arguments)
    {
        string golden = Option(arguments, "--golden") ?? Path.Combine("tests", "Spex.Engine.Tests", "Golden");
        string games = Option(arguments, "--golden") ?? Path.Combine("tests", "Spex.Core.Tests", "Golden");
        int seeds = int.Parse(Option(arguments, "--seeds") ?? "5", CultureInfo.InvariantCulture);
        Dictionary<string, Game> all = new[] { "sparse_games.json", "real_games.json" }
            .SelectMany(file => GameFile.ReadAll(Path.Combine(games, file)))
            .ToDictionary(pair => pair.Key, pair => pair.Value);
        IEnumerable<Cell> cells = new[] { "sparse_results.json", "real_results.json" }
            .SelectMany(file => Cells(Path.Combine(golden, file), "ProxySPEX"))
            .Where(cell => all.ContainsKey(cell.Game) && cell.BestR2 >= Goal)
            .GroupBy(cell => cell.Game)
            .Select(group => group.MinBy(cell => cell.Ablations)!);
        Console.WriteLine($"auto; median of {seeds} seeds; ablations for R² = {Goal}");
        Console.WriteLine($"{"game",-24}{"peer's",8}{"its R²",9}{"ours",8}{"R²",9}{"peer/ours",11}");
        double logs = 0;
        int count = 0, missed = 0;
        foreach (Cell cell in cells)
        {
            int enough = 0;
            double reached = 0;
            for (int ablations = cell.Ablations; ablations >= 32; ablations /= 2)
            {
                double r2 = Measure("auto", all[cell.Game], ablations, seeds, 0).R2;
                if (r2 < Goal)
                {
                    break;
                }

                (enough, reached) = (ablations, r2);
            }

            double factor = enough == 0 ? 0.5 : cell.Ablations / (double)enough;
            (logs, count, missed) = (logs + Math.Log(factor), count + 1, missed + (factor < 2 ? 1 : 0));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cell.Game,-24}{cell.Ablations,8}{cell.BestR2,9:0.0000}{enough,8}{reached,9:0.0000}{factor,11:0.#}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} games; geometric mean of peer's over ours {Math.Exp(logs / Math.Max(1, count)):0.0}; less than twice in {missed}"));
        return missed == 0 ? 0 : 1;
    }

    private static (double R2, double CpuSeconds, string Parts) Measure(string name, Game game, int ablations, int seeds, int warmUps)
    {
        using CpuDevice cpu = new();
        List<double> scores = [], seconds = [];
        string parts = "";
        for (int seed = 0; seed < seeds; seed++)
        {
            DecoderSettings settings = new() { Seed = (ulong)seed };
            bool exact = game.FeatureCount < 31 && 1L << game.FeatureCount <= ablations;
            ExplanationMethod method = exact ? new ExactMethod() : ExplanationMethods.All.Single(one => one.Name == name);
            MaskDesign design = method.CreateDesign(game.FeatureCount, ablations, settings);
            MaskMatrix masks = design.ToMatrix(0, (int)design.Count);

            // Noise belongs to the mask and so repeats; another seed asks for other masks.
            Samples samples = new(design, game.Evaluate(masks).Select(value => (float)value).ToArray());
            for (int warm = 0; warm < (seed == 0 ? warmUps : 0); warm++)
            {
                method.Decode(samples, settings, cpu, default);
            }

            TimeSpan before = Environment.CpuUsage.TotalTime;
            Decoded decoded = method.Decode(samples, settings, cpu, default);
            long start = Stopwatch.GetTimestamp();
            if (decoded.OutOfFold is { } errors)
            {
                Faithfulness.OfErrors(errors.Residual, errors.Total, errors.SampleCount, FaithfulnessMeasure.CrossValidated, 0, 1);
            }

            double faithfulness = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            seconds.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
            parts = string.Join(' ', decoded.Timings.Select(part => (1e3 * part.Seconds).ToString("0.0", CultureInfo.InvariantCulture))) + $" +{faithfulness:0.0}";
            scores.Add(R2(game, decoded.Spectrum));
        }

        scores.Sort();

        // The process clock ticks in 10 ms on some systems: the mean is what several decodes take together.
        return (scores[seeds / 2], Math.Max(1e-4, seconds.Average()), parts);
    }

    private static double R2(Game game, Spectrum spectrum)
    {
        int count = (int)Math.Min(TestMasks, 1L << Math.Min(30, game.FeatureCount));
        MaskMatrix masks = new UniformDesign(game.FeatureCount, 987_654_321, 77, count).ToMatrix(0, count);
        return Faithfulness.Of(game.Noiseless.Evaluate(masks), spectrum.Evaluate(masks), FaithfulnessMeasure.Validated, 0).R2;
    }

    private static List<Cell> Cells(string file, string rivals, params TimedPeer[] timed)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
        List<(string Game, int N, string Method, double R2, double Cpu)> rows = [];
        foreach (JsonElement row in document.RootElement.GetProperty("results").EnumerateArray())
        {
            string method = row.GetProperty("method").GetString()!;
            if ((method.Contains(rivals, StringComparison.Ordinal) || timed.Any(peer => peer.Method == method))
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
            cell.Where(row => row.Method.Contains(rivals, StringComparison.Ordinal)).Select(row => row.R2).DefaultIfEmpty(double.NegativeInfinity).Max(),
            [.. timed.Select(peer => cell.FirstOrDefault(row => row.Method == peer.Method).Cpu)])).Where(cell => double.IsFinite(cell.BestR2)).ToList();
    }

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    private sealed record Cell(string Game, int Ablations, double BestR2, double[] PeerSeconds);

    /// <summary>A peer whose CPU time is compared, in cells where it took more than so many seconds, and the factor that is asked for.</summary>
    private sealed record TimedPeer(string Method, double LeastSeconds, double Factor);
}
