using Spex.Core.Interactions;
using Spex.Core.Spectra;

namespace Spex.Reports;

/// <summary>Own effects and pairs of the features that take part in most: what matrices and networks show.</summary>
internal sealed class PairStrengths
{
    private readonly InteractionValues _values;
    private readonly HashSet<int> _shown;

    /// <summary>Chooses the features whose own effect and share of interactions, |I(S)| / |S| summed over the sets that hold them, is the largest.</summary>
    public PairStrengths(InteractionValues values, int count)
    {
        _values = values;
        Dictionary<int, double> weights = [];
        foreach ((FeatureSet set, double strength) in values.Interactions)
        {
            foreach (int feature in set)
            {
                weights[feature] = weights.GetValueOrDefault(feature) + (Math.Abs(strength) / set.Count);
            }
        }

        Features = [.. weights.OrderByDescending(weight => weight.Value).ThenBy(weight => weight.Key).Take(count).Select(weight => weight.Key).Order()];
        OtherCount = weights.Count - Features.Count;
        _shown = [.. Features];
    }

    /// <summary>The features, ascending.</summary>
    public IReadOnlyList<int> Features { get; }

    /// <summary>How many features with any effect are not among them.</summary>
    public int OtherCount { get; }

    /// <summary>The interactions all of whose members are among the features, the strongest first.</summary>
    public IReadOnlyList<Interaction> Inside => [.. _values.Strongest(int.MaxValue).Where(interaction => interaction.Set.All(_shown.Contains))];

    /// <summary>The interactions that have a member that is not among the features.</summary>
    public IEnumerable<Interaction> Outside => _values.Interactions.Where(interaction => !interaction.Set.All(_shown.Contains));

    /// <summary>A feature's own effect, or a pair's strength.</summary>
    public double this[int first, int second] => _values[first == second ? new FeatureSet(first) : new FeatureSet(first, second)];

    /// <summary>The sum of a feature's pairs with features that are not among them.</summary>
    public double WithOthers(int feature) =>
        Outside.Where(interaction => interaction.Set.Count == 2 && interaction.Set.Contains(feature)).Sum(interaction => interaction.Strength);
}
