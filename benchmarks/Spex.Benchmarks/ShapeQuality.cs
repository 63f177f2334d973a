using System.Globalization;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>
/// Random functions of many kinds: R² of auto, SPEX and ProxySPEX on masks that no fit has seen, beside plain regressions (LASSO and ridge on all sets up to a size) with the same number of ablations.
/// </summary>
internal static class ShapeQuality
{
    private const int TestMasks = 4000;
    private const double Tolerance = 0.002;

    // A ridge on more sets, or on more than half as many as there are samples, takes minutes or predicts nothing.
    private const int MostRidgeSets = 1500;

    private static readonly string[] Methods = ["auto", "proxyspex", "spex"];

    private static readonly (string Name, string Method, int Order)[] Plain =
        [("lasso 1", "lasso", 1), ("lasso 2", "lasso", 2), ("ridge 1", "faith-banzhaf", 1), ("ridge 2", "faith-banzhaf", 2), ("ridge 3", "faith-banzhaf", 3)];

    public static int Run(string[] arguments)
    {
        string only = Option(arguments, "--shape") ?? "";
        ulong first = ulong.Parse(Option(arguments, "--seed") ?? "1", CultureInfo.InvariantCulture);
        int seeds = int.Parse(Option(arguments, "--seeds") ?? "1", CultureInfo.InvariantCulture);
        int[] features = Numbers(Option(arguments, "--features") ?? "10,14,30,64,150,400"), budgets = Numbers(Option(arguments, "--budgets") ?? "300,1000,4000");
        Console.WriteLine($"median of {seeds} seeds; R² on {TestMasks} unseen masks; * below a plain regression by more than {Tolerance}");
        Console.WriteLine($"{"kind",-18}{"n",5}{"N",7}{string.Concat(Methods.Select(name => $"{name,11} "))}{string.Concat(Plain.Select(one => $"{one.Name,9}"))}   auto chose");
        Dictionary<string, int> worse = Methods.ToDictionary(name => name, _ => 0);
        int cells = 0;
        foreach ((string name, Func<int, ulong, Game> draw) in RandomShapes.All.Where(shape => shape.Name.Contains(only, StringComparison.Ordinal)))
        {
            foreach ((int n, int budget) in from n in features from budget in budgets where n > 30 || budget < 1 << n select (n, budget))
            {
                double[][] ours = [.. Methods.Select(_ => new double[seeds])], plain = [.. Plain.Select(_ => new double[seeds])];
                string chosen = "";
                for (int seed = 0; seed < seeds; seed++)
                {
                    Game game = draw(n, first + (ulong)seed);
                    for (int m = 0; m < Methods.Length; m++)
                    {
                        (ours[m][seed], string trial) = R2(game, Methods[m], 1, budget, first + (ulong)seed);
                        chosen = m == 0 ? trial : chosen;
                    }

                    for (int m = 0; m < Plain.Length; m++)
                    {
                        (plain[m][seed], _) = R2(game, Plain[m].Method, Plain[m].Order, budget, first + (ulong)seed);
                    }
                }

                double best = plain.Select(Median).Where(double.IsFinite).DefaultIfEmpty(double.NegativeInfinity).Max();
                cells++;
                string scores = "";
                for (int m = 0; m < Methods.Length; m++)
                {
                    double r2 = Median(ours[m]);
                    bool isWorse = r2 < best - Tolerance && best > 0;
                    worse[Methods[m]] += isWorse ? 1 : 0;
                    scores += Say(r2, 11) + (isWorse ? "*" : " ");
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-18}{n,5}{budget,7}{scores}{string.Concat(plain.Select(of => Say(Median(of), 9)))}   {chosen}"));
            }
        }

        Console.WriteLine($"{cells} cells; below a plain regression: {string.Join(", ", worse.Select(pair => $"{pair.Key} {pair.Value}"))}");
        return worse["auto"] == 0 ? 0 : 1;
    }

    private static (double R2, string Chosen) R2(Game game, string name, int order, int budget, ulong seed)
    {
        using CpuDevice cpu = new();
        DecoderSettings settings = new() { Seed = seed, Order = order };
        ExplanationMethod method = ExplanationMethods.All.Single(one => one.Name == name);
        bool isHopeless = name == "faith-banzhaf" && OrderLimit.SetCount(order, game.FeatureCount) is long sets && (sets > budget / 2 || sets > MostRidgeSets);
        if (isHopeless || method.CannotRun(game.FeatureCount, settings) is not null || method.LeastBudget(game.FeatureCount, settings) > budget)
        {
            return (double.NaN, "");
        }

        MaskDesign design = method.CreateDesign(game.FeatureCount, budget, settings);
        Samples samples = new(design, game.Evaluate(design.ToMatrix(0, (int)design.Count)).Select(value => (float)value).ToArray());
        Decoded decoded = method.Decode(samples, settings, cpu, default);
        int count = (int)Math.Min(TestMasks, 1L << Math.Min(30, game.FeatureCount));
        MaskMatrix masks = new UniformDesign(game.FeatureCount, 987_654_321, 77, count).ToMatrix(0, count);
        double r2 = Faithfulness.Of(game.Noiseless.Evaluate(masks), decoded.Spectrum.Evaluate(masks), FaithfulnessMeasure.Validated, 0).R2;
        return (r2, decoded.Trials.FirstOrDefault(trial => trial.Chosen)?.Name ?? "");
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static string Say(double r2, int width) => (double.IsNaN(r2) ? "–" : r2 < -9 ? "< -9" : r2.ToString("0.0000", CultureInfo.InvariantCulture)).PadLeft(width);

    private static int[] Numbers(string given) => [.. given.Split(',').Select(word => int.Parse(word, CultureInfo.InvariantCulture))];

    private static string? Option(string[] arguments, string name)
    {
        int at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
