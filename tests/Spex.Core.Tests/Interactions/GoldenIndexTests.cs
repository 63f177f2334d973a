using System.Text.Json;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Core.Tests.Golden;

namespace Spex.Core.Tests.Interactions;

/// <summary>All indices of exact_indices.json that have a Möbius weight, from tables, spectra and Möbius expansions.</summary>
public class GoldenIndexTests
{
    // Indices of the file without a Möbius weight, which are not asked for.
    private static readonly string[] Others = ["kADD-SHAP", "SGV", "BGV", "CHGV", "IGV", "EGV", "JointSV", "ELC"];

    private static readonly Lazy<JsonElement[]> Games = new(() => [.. GoldenFile.Read("exact_indices.json").GetProperty("games").EnumerateArray()]);

    public static TheoryData<string> Names() => new(Games.Value.Select(game => game.GetProperty("name").GetString()!));

    [Theory]
    [MemberData(nameof(Names))]
    public void Tables_agree(string name) => Compare(name, InteractionConverter.FromTable);

    [Theory]
    [MemberData(nameof(Names))]
    public void Spectra_agree(string name) => Compare(name, static (values, index, order) => InteractionConverter.Convert(Spectrum.FromTable(values), index, order));

    [Theory]
    [MemberData(nameof(Names))]
    public void Moebius_expansions_agree(string name) => Compare(name, static (values, index, order) =>
    {
        double[] moebius = DenseTransform.ToMoebius(values);
        int n = DenseTransform.FeatureCountOf(moebius.Length);
        MoebiusExpansion expansion = new(n, moebius.Select((coefficient, set) => new SpectrumTerm(DenseTransform.SetOf((uint)set), coefficient)));
        return InteractionConverter.Convert(expansion, index, order);
    });

    private delegate InteractionValues Conversion(ReadOnlySpan<double> values, InteractionIndex index, int order);

    private static void Compare(string name, Conversion convert)
    {
        JsonElement game = Games.Value.Single(game => game.GetProperty("name").GetString() == name);
        double[] table = GoldenFile.Numbers(game.GetProperty("values"));
        int compared = 0;
        foreach (JsonElement golden in game.GetProperty("indices").EnumerateArray())
        {
            string indexName = golden.GetProperty("index").GetString()!;
            if (Others.Contains(indexName))
            {
                continue;
            }

            // shapiq's FSII and FBII are least-squares solutions; *_closed are the closed forms.
            double tolerance = indexName is "FSII" or "FBII" ? 1e-6 : 1e-9;
            int order = golden.GetProperty("order").GetInt32();
            InteractionValues ours = convert(table, InteractionIndexNames.Parse(indexName.Replace("_closed", "")), order);
            Dictionary<FeatureSet, double> theirs = golden.GetProperty("values").EnumerateObject().ToDictionary(
                pair => new FeatureSet([.. pair.Name.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]), pair => pair.Value.GetDouble());
            double largest = theirs.Values.Max(Math.Abs);
            foreach ((FeatureSet set, double value) in theirs)
            {
                Assert.True(Math.Abs(ours[set] - value) <= tolerance * largest, $"{indexName} {order} {set}: {ours[set]:R} instead of {value:R}");
                compared++;
            }

            // The file leaves out zeros, and the empty set where its definition differs from the formula that we follow (SII of order 1, Co-Moebius).
            Assert.All(ours.Interactions.Where(ours => ours.Set.Count > 0 && !theirs.ContainsKey(ours.Set)), ours =>
                Assert.True(Math.Abs(ours.Strength) <= tolerance * largest, $"{indexName} {order} {ours.Set}: {ours.Strength:R} instead of 0"));
        }

        Assert.True(compared > 100);
    }
}
