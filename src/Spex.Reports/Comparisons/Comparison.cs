using System.Globalization;
using Spex.Core;
using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;

namespace Spex.Reports.Comparisons;

/// <summary>Several results side by side: the same interactions of two methods, two models or two texts.</summary>
/// <remarks>
/// Features are the same where all results have as many and the same names; otherwise those of equal names are matched, the second "the" of one with the second "the" of
/// another. Strengths are compared under the first result's index and order: those of a result with another are converted from its spectrum.
/// </remarks>
public sealed class Comparison
{
    /// <summary>The most results that fit side by side.</summary>
    public const int MostResults = 6;

    private Comparison(IReadOnlyList<ComparedResult> results, IReadOnlyList<string>? names, string featureRemark, IReadOnlyList<ComparedSet> sets)
    {
        (Results, FeatureNames, FeatureRemark, Sets) = (results, names, featureRemark, sets);
    }

    /// <summary>The results, in the order given.</summary>
    public IReadOnlyList<ComparedResult> Results { get; }

    /// <summary>One name a feature of the comparison, or null where they have none.</summary>
    public IReadOnlyList<string>? FeatureNames { get; }

    /// <summary>How the results' features were matched, one sentence.</summary>
    public string FeatureRemark { get; }

    /// <summary>A warning where the results' values are not the same quantity, such as the logits of two classes; null where they are.</summary>
    public string? ValueRemark => Results.Select(one => QuantityOf(one.Result)).Distinct().Skip(1).Any()
        ? $"The values differ: {string.Join("; ", Results.Select(one => $"{one.Letter} is {QuantityOf(one.Result)}"))}. Strengths of different values need not agree."
        : null;

    /// <summary>Every set that a result lists, the largest magnitude in any result first.</summary>
    public IReadOnlyList<ComparedSet> Sets { get; }

    /// <summary>Compares results.</summary>
    /// <param name="results">Two to six results.</param>
    /// <param name="names">What each is called: its file.</param>
    /// <exception cref="SpexInputException">There are fewer than two or too many, or their features cannot be matched.</exception>
    public static Comparison Of(IReadOnlyList<Result> results, IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(names);
        if (results.Count is < 2 or > MostResults)
        {
            throw new SpexInputException($"{results.Count} results were given; from 2 to {MostResults} are compared.");
        }

        (int[][] ids, IReadOnlyList<string>? features, string remark) = Match(results, names);
        InteractionValues first = results[0].Explanation.Interactions;
        ComparedResult[] compared = [.. results.Select((result, i) => new ComparedResult(((char)('A' + i)).ToString(), names[i], result, Under(result, first)))];
        Dictionary<FeatureSet, double[]> strengths = new(FeatureSetComparer.Instance);
        for (int i = 0; i < compared.Length; i++)
        {
            foreach ((FeatureSet set, double strength) in compared[i].Values.Interactions.Where(interaction => interaction.Set.Count > 0))
            {
                FeatureSet common = new([.. set.Select(feature => ids[i][feature])]);
                if (!strengths.TryGetValue(common, out double[]? row))
                {
                    strengths.Add(common, row = new double[compared.Length]);
                }

                row[i] = strength;
            }
        }

        HashSet<int>[] known = [.. ids.Select(of => of.ToHashSet())];
        ComparedSet[] sets =
        [
            .. strengths.Select(pair => new ComparedSet(pair.Key, [.. pair.Value.Select((strength, i) => pair.Key.All(known[i].Contains) ? strength : (double?)null)]))
                .OrderByDescending(set => set.Largest).ThenBy(set => set.Set),
        ];
        return new Comparison(compared, features, remark, sets);
    }

    /// <summary>How far two of the results agree.</summary>
    /// <param name="first">The one result.</param>
    /// <param name="second">The other.</param>
    /// <param name="top">How many of the strongest of each are held against each other.</param>
    public Agreement AgreementOf(int first, int second, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        ComparedSet[] both = [.. Sets.Where(set => set.Strengths[first] is not null && set.Strengths[second] is not null && (set.Strengths[first] != 0 || set.Strengths[second] != 0))];
        ComparedSet[] Top(int result) => [.. both.Where(set => set.Strengths[result] != 0).OrderByDescending(set => Math.Abs(set.Strengths[result]!.Value)).ThenBy(set => set.Set).Take(top)];
        ComparedSet[] topFirst = Top(first), topSecond = Top(second), strongest = [.. topFirst.Union(topSecond)], shared = [.. topFirst.Intersect(topSecond)];
        double? Correlation(ComparedSet[] sets) => RankCorrelation.Spearman([.. sets.Select(set => set.Strengths[first]!.Value)], [.. sets.Select(set => set.Strengths[second]!.Value)]);
        return new Agreement(
            Math.Min(topFirst.Length, topSecond.Length), shared.Length, shared.Count(set => set.Strengths[first] * set.Strengths[second] > 0), Correlation(strongest), both.Length, Correlation(both));
    }

    // What follows a semicolon tells more of the value: what the model says.
    private static string QuantityOf(Result result) => result.Subject.Value.Split(';')[0];

    private static InteractionValues Under(Result result, InteractionValues first)
    {
        InteractionValues own = result.Explanation.Interactions;
        return own.Index == first.Index && own.Order == first.Order ? own : InteractionConverter.Convert(result.Explanation.Spectrum, first.Index, first.Order);
    }

    /// <summary>For each result's features their number in the comparison; the comparison's names; and how they were matched.</summary>
    private static (int[][] Ids, IReadOnlyList<string>? Names, string Remark) Match(IReadOnlyList<Result> results, IReadOnlyList<string> files)
    {
        int[] counts = [.. results.Select(result => result.Explanation.Spectrum.FeatureCount)];
        bool sameCount = counts.All(count => count == counts[0]);
        IReadOnlyList<string>?[] names = [.. results.Select(result => result.Subject.FeatureNames)];
        IReadOnlyList<string>? some = names.FirstOrDefault(list => list is not null);
        if (sameCount && names.All(list => list is null || list.SequenceEqual(some!)))
        {
            string remark = some is null
                ? string.Create(CultureInfo.InvariantCulture, $"All have {counts[0]:N0} features, matched by their numbers.")
                : string.Create(CultureInfo.InvariantCulture, $"All have the same {counts[0]:N0} features.");
            return ([.. results.Select(_ => Enumerable.Range(0, counts[0]).ToArray())], some, remark);
        }

        int nameless = Array.FindIndex(names, list => list is null);
        if (nameless >= 0)
        {
            throw new SpexInputException(
                $"The results have {string.Join(", ", counts)} features, and those of {files[nameless]} have no names: they cannot be matched. Features are matched by number where there are as many, or by name.");
        }

        Dictionary<(string Name, int Occurrence), int> numbers = [];
        List<string> union = [];
        int[][] ids = [.. names.Select(list =>
        {
            Dictionary<string, int> seen = [];
            return list!.Select(name =>
            {
                int occurrence = seen[name] = seen.GetValueOrDefault(name) + 1;
                if (!numbers.TryGetValue((name, occurrence), out int id))
                {
                    numbers.Add((name, occurrence), id = union.Count);
                    union.Add(name);
                }

                return id;
            }).ToArray();
        })];
        int common = Enumerable.Range(0, union.Count).Count(id => ids.All(of => of.Contains(id)));
        if (common == 0)
        {
            throw new SpexInputException($"No feature's name is in all of {string.Join(", ", files)}: there is nothing to compare.");
        }

        return (ids, union, string.Create(CultureInfo.InvariantCulture, $"The features differ and are matched by name: {common:N0} are in all of them; the results have {string.Join(", ", counts.Select(count => count.ToString("N0", CultureInfo.InvariantCulture)))}."));
    }
}
