using System.Text.Json;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;

namespace Spex.Engine.Tests.Decoding;

/// <summary>The games of other people's software, what the peers reached on them, and how a spectrum is judged.</summary>
internal static class GoldenGames
{
    private static readonly Lazy<Dictionary<string, Game>> All = new(() =>
        new[] { "sparse_games.json", "real_games.json" }
            .SelectMany(file => GameFile.ReadAll(PathOf(file)))
            .ToDictionary(pair => pair.Key, pair => pair.Value));

    public static Game Get(string id) => All.Value[id];

    public static JsonElement Read(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(PathOf(file)));
        return document.RootElement.Clone();
    }

    /// <summary>The best R² that a peer's method whose name contains <paramref name="method"/> reached with so many ablations.</summary>
    public static double BestPeer(string id, int ablations, string method)
    {
        double best = double.NegativeInfinity;
        foreach (string file in new[] { "sparse_results.json", "real_results.json" })
        {
            foreach (JsonElement result in Read(file).GetProperty("results").EnumerateArray())
            {
                bool matches = result.GetProperty("game").GetString() == id
                    && result.GetProperty("method").GetString()!.Contains(method, StringComparison.Ordinal)
                    && result.TryGetProperty("n_samples", out JsonElement samples) && samples.ValueKind == JsonValueKind.Number && samples.GetInt32() == ablations
                    && result.TryGetProperty("r2", out JsonElement r2) && r2.ValueKind == JsonValueKind.Number;
                best = matches ? Math.Max(best, result.GetProperty("r2").GetDouble()) : best;
            }
        }

        return best;
    }

    public static Samples Sample(Game game, MaskDesign design)
    {
        MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
        float[] values = new float[masks.RowCount];
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = (float)game.Evaluate(masks.Row(row));
        }

        return new Samples(design, values);
    }

    /// <summary>R² on uniform masks that no fit has seen, against the noiseless function.</summary>
    public static double R2(Game game, Spectrum spectrum)
    {
        MaskMatrix masks = new UniformDesign(game.FeatureCount, 987_654_321, 0, Math.Min(4000, 1L << Math.Min(game.FeatureCount, 30))).ToMatrix(0, Math.Min(4000, 1 << Math.Min(game.FeatureCount, 30)));
        double[] truth = [.. Enumerable.Range(0, masks.RowCount).Select(row => game.Noiseless.Evaluate(masks.Row(row)))];
        double[] predicted = spectrum.Evaluate(masks);
        double mean = truth.Average();
        return 1 - (truth.Zip(predicted, (y, p) => (y - p) * (y - p)).Sum() / truth.Sum(y => (y - mean) * (y - mean)));
    }

    private static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Golden", file);
}
