using Spex.Core.Spectra;

namespace Spex.Core.Metrics;

/// <summary>
/// How hierarchical a spectrum's strongest terms F_k are: whether large sets come with their subsets, which trees build on
/// (Butler et al., ProxySPEX, 2025). Each rate is a mean over all terms, the empty set among them, for which it is 1.
/// </summary>
/// <param name="DirectSubsetRate">Mean share of a term's direct subsets S∖{i} that are terms. {∅, {1}, {2}, {1,3}} gives 7/8.</param>
/// <param name="StaircaseRate">Share of the terms that a staircase leads to: ∅ ⊂ {i₁} ⊂ {i₁,i₂} ⊂ … ⊂ S, all of them terms.</param>
/// <param name="StrongRate">Share of the terms all of whose subsets, ∅ among them, are terms.</param>
public sealed record Hierarchy(double DirectSubsetRate, double StaircaseRate, double StrongRate)
{
    /// <summary>The rates of the k terms of the largest magnitude; of equal ones the first in order.</summary>
    public static Hierarchy OfTop(Spectrum spectrum, int k)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        return Of(spectrum.Terms.OrderByDescending(term => Math.Abs(term.Coefficient)).Take(k).Select(term => term.Set));
    }

    /// <summary>The rates of a set of terms; all 1 where there is none.</summary>
    public static Hierarchy Of(IEnumerable<FeatureSet> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        FeatureSet[] sets = [.. terms.Distinct()];
        if (sets.Length == 0)
        {
            return new Hierarchy(1, 1, 1);
        }

        // Small sets first: whether a staircase or all subsets lead to S is known once it is known for its direct subsets.
        Array.Sort(sets);
        HashSet<FeatureSet> all = [.. sets], reached = [], strong = [];
        double direct = 0;
        foreach (FeatureSet set in sets)
        {
            int present = 0;
            bool isReached = set.Count == 0, isStrong = true;
            foreach (int feature in set.Features)
            {
                FeatureSet subset = set.Without(feature);
                present += all.Contains(subset) ? 1 : 0;
                isReached |= reached.Contains(subset);
                isStrong &= strong.Contains(subset);
            }

            direct += set.Count == 0 ? 1 : (double)present / set.Count;
            if (isReached)
            {
                reached.Add(set);
            }

            if (isStrong)
            {
                strong.Add(set);
            }
        }

        return new Hierarchy(direct / sets.Length, (double)reached.Count / sets.Length, (double)strong.Count / sets.Length);
    }
}
