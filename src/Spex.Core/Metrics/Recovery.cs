using Spex.Core.Spectra;

namespace Spex.Core.Metrics;

/// <summary>How far the strongest interactions agree with what is known to matter.</summary>
public static class Recovery
{
    /// <summary>
    /// Recovery@r = (1/r)·Σ_{i≤r} |S* ∩ S_i| / |S_i|, with S_i the i-th strongest interaction and S* the annotated features
    /// (Kang et al., SPEX, ICML 2025). Where fewer than r interactions are given, the missing ones count 0.
    /// </summary>
    /// <param name="r">How many interactions, 1 or more.</param>
    /// <param name="annotated">S*, the features that people marked.</param>
    /// <param name="strongestFirst">The interactions without the empty set, the strongest first.</param>
    /// <exception cref="ArgumentException">One of the first r interactions is the empty set.</exception>
    public static double At(int r, FeatureSet annotated, IReadOnlyList<FeatureSet> strongestFirst)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(r);
        ArgumentNullException.ThrowIfNull(strongestFirst);
        double sum = 0;
        for (int i = 0; i < Math.Min(r, strongestFirst.Count); i++)
        {
            FeatureSet set = strongestFirst[i];
            if (set.Count == 0)
            {
                throw new ArgumentException("Interactions have at least one feature; leave out the empty set.", nameof(strongestFirst));
            }

            int common = 0;
            foreach (int feature in set.Features)
            {
                common += annotated.Contains(feature) ? 1 : 0;
            }

            sum += (double)common / set.Count;
        }

        return sum / r;
    }

    /// <summary>Recall@k: the share of the k strongest true interactions that are among the k strongest found ones.</summary>
    /// <param name="k">How many interactions, 1 or more.</param>
    /// <param name="found">What was found, the strongest first; each set once.</param>
    /// <param name="truth">What is true, the strongest first; where it has fewer than k, the share is of those.</param>
    /// <returns>0 to 1; 1 where nothing is true.</returns>
    public static double RecallAt(int k, IReadOnlyList<FeatureSet> found, IReadOnlyList<FeatureSet> truth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(truth);
        HashSet<FeatureSet> top = [.. truth.Take(k)];
        return top.Count == 0 ? 1 : (double)found.Take(k).Distinct().Count(top.Contains) / top.Count;
    }
}
