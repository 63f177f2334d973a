using Spex.Core.Games;
using Spex.Core.Random;
using Spex.Core.Spectra;

namespace Spex.Benchmarks;

/// <summary>Random games that no method was tuned by before: drawn anew for every seed.</summary>
internal static class RandomGames
{
    /// <summary>Random sets of 1 to <paramref name="degree"/> features and all their subsets, as ANDs with Gaussian weights that fall with the size; Gaussian noise.</summary>
    /// <param name="features">Number of features n.</param>
    /// <param name="sets">Sets whose subsets are terms.</param>
    /// <param name="degree">The largest set.</param>
    /// <param name="noise">The noise's standard deviation as a share of √(Σ weight²).</param>
    /// <param name="seed">Which game.</param>
    public static Game Hierarchy(int features, int sets, int degree, double noise, ulong seed)
    {
        Dictionary<FeatureSet, double> terms = [];
        for (ulong k = 0; k < (ulong)sets; k++)
        {
            int[] drawn = [.. Enumerable.Range(0, 1 + ((int)k % degree)).Select(i => Philox.Below(seed, 1, (16 * k) + (ulong)i, features)).Distinct().Order()];
            for (int subset = 1; subset < 1 << drawn.Length; subset++)
            {
                int[] members = [.. drawn.Where((_, i) => (subset >> i & 1) != 0)];
                FeatureSet set = FeatureSet.FromAscending(members);
                terms[set] = terms.GetValueOrDefault(set) + (Philox.Gaussian(seed, 2, (64 * k) + (ulong)subset) / members.Length);
            }
        }

        double size = Math.Sqrt(terms.Values.Sum(weight => weight * weight));
        return new SparseGame(features, SparseBasis.Moebius, terms.Select(term => new SpectrumTerm(term.Key, term.Value)), noise * size, seed);
    }
}
