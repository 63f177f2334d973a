using Spex.Core.Spectra;

namespace Spex.Core.Metrics;

/// <summary>
/// How a spectrum's energy, Σ_{S≠∅} F(S)², is shared among groups of features, such as the layers of attention heads (Butler et al., ProxySPEX, 2025) or the documents of a retrieval prompt.
/// </summary>
/// <param name="Linear">Σ F(S)² of single features of the group.</param>
/// <param name="Within">Σ F(S)² of larger sets that lie in the group as a whole.</param>
/// <param name="Across">Of sets with features of several groups, F(S)²·|S ∩ group| / |S|: each member carries an equal part.</param>
public readonly record struct GroupEnergy(double Linear, double Within, double Across)
{
    /// <summary>All of it. Over all groups these add up to <see cref="Spectrum.Variance"/>.</summary>
    public double Total => Linear + Within + Across;

    /// <summary>The energies of all groups.</summary>
    /// <param name="spectrum">The spectrum.</param>
    /// <param name="groupOfFeature">The group of each feature, 0 to groupCount − 1.</param>
    /// <param name="groupCount">Number of groups.</param>
    /// <exception cref="ArgumentException">There is not one group a feature, or one is out of range.</exception>
    public static IReadOnlyList<GroupEnergy> Of(Spectrum spectrum, IReadOnlyList<int> groupOfFeature, int groupCount)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(groupOfFeature);
        if (groupOfFeature.Count != spectrum.FeatureCount || groupOfFeature.Any(group => group < 0 || group >= groupCount))
        {
            throw new ArgumentException($"{spectrum.FeatureCount} features take as many groups, each from 0 to {groupCount - 1}.", nameof(groupOfFeature));
        }

        GroupEnergy[] energies = new GroupEnergy[groupCount];
        foreach (SpectrumTerm term in spectrum.Terms.Where(term => term.Set.Count > 0))
        {
            double energy = term.Coefficient * term.Coefficient, part = energy / term.Set.Count;
            int first = groupOfFeature[term.Set[0]];
            bool within = term.Set.All(feature => groupOfFeature[feature] == first);
            if (within)
            {
                GroupEnergy old = energies[first];
                energies[first] = term.Set.Count == 1 ? old with { Linear = old.Linear + energy } : old with { Within = old.Within + energy };
                continue;
            }

            foreach (int feature in term.Set)
            {
                ref GroupEnergy group = ref energies[groupOfFeature[feature]];
                group = group with { Across = group.Across + part };
            }
        }

        return energies;
    }
}
