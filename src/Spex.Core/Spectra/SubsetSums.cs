using System.Runtime.InteropServices;

namespace Spex.Core.Spectra;

/// <summary>Sums over supersets, sparsely: r_S = Σ_{U ⊇ S} w(|S|, |U|)·c_U for every S that is a subset of a term's set.</summary>
/// <remarks>
/// All changes of basis and all cardinal interaction indices have this form. The work is the number of subsets up to the asked size, summed over
/// the terms; terms are taken in their order and subsets in a fixed one, so the sums have the same bits every time.
/// </remarks>
internal static class SubsetSums
{
    /// <summary>The most subsets that are visited: about ten seconds of work.</summary>
    public const long MaxVisits = 1L << 28;

    /// <summary>The most distinct sets that are made: about 400 MB.</summary>
    public const int MaxSets = 1 << 22;

    /// <summary>Sums up.</summary>
    /// <param name="terms">The terms c_U.</param>
    /// <param name="maxSize">Only sets S of at most this size are made.</param>
    /// <param name="weight">w(s, u) for 0 ≤ s ≤ u; asked once a pair.</param>
    /// <returns>The sums that are not exactly 0, in no particular order.</returns>
    /// <exception cref="SpexInputException">There would be more than <see cref="MaxVisits"/> subsets or <see cref="MaxSets"/> sets.</exception>
    public static IEnumerable<SpectrumTerm> Sum(IReadOnlyList<SpectrumTerm> terms, int maxSize, Func<int, int, double> weight)
    {
        Dictionary<int, double[]> weightsOf = [];
        long visits = 0;
        foreach (SpectrumTerm term in terms)
        {
            int size = term.Set.Count;
            if (!weightsOf.TryGetValue(size, out double[]? weights))
            {
                weights = [.. Enumerable.Range(0, Math.Min(size, maxSize) + 1).Select(s => weight(s, size))];
                weightsOf.Add(size, weights);
            }

            for (int s = 0; s < weights.Length && visits <= MaxVisits; s++)
            {
                visits += weights[s] == 0 ? 0 : CountSubsets(size, s);
            }

            if (visits > MaxVisits)
            {
                throw TooMany($"more than {MaxVisits:N0} subsets", term.Set.Count);
            }
        }

        Dictionary<FeatureSet, double> sums = new(FeatureSetComparer.Instance);
        Dictionary<FeatureSet, double>.AlternateLookup<ReadOnlySpan<int>> lookup = sums.GetAlternateLookup<ReadOnlySpan<int>>();
        foreach (SpectrumTerm term in terms)
        {
            double[] weights = weightsOf[term.Set.Count];
            for (int s = 0; s < weights.Length; s++)
            {
                if (weights[s] != 0)
                {
                    AddSubsets(term.Set.Features, s, weights[s] * term.Coefficient, lookup);
                }
            }

            if (sums.Count > MaxSets)
            {
                throw TooMany($"more than {MaxSets:N0} distinct subsets", term.Set.Count);
            }
        }

        return sums.Where(pair => pair.Value != 0).Select(pair => new SpectrumTerm(pair.Key, pair.Value));
    }

    private static void AddSubsets(
        ReadOnlySpan<int> features, int size, double amount, Dictionary<FeatureSet, double>.AlternateLookup<ReadOnlySpan<int>> sums)
    {
        // `chosen` are places in `features`, ascending; the next combination moves the last place that still can.
        Span<int> chosen = size <= 64 ? stackalloc int[64] : new int[size];
        Span<int> subset = size <= 64 ? stackalloc int[64] : new int[size];
        chosen = chosen[..size];
        subset = subset[..size];
        for (int i = 0; i < size; i++)
        {
            chosen[i] = i;
            subset[i] = features[i];
        }

        while (true)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(sums, subset, out _) += amount;
            int moving = size - 1;
            while (moving >= 0 && chosen[moving] == features.Length - size + moving)
            {
                moving--;
            }

            if (moving < 0)
            {
                return;
            }

            int place = chosen[moving];
            for (int i = moving; i < size; i++)
            {
                chosen[i] = ++place;
                subset[i] = features[place];
            }
        }
    }

    private static long CountSubsets(int size, int subsetSize)
    {
        long count = 1;
        for (int i = 0; i < Math.Min(subsetSize, size - subsetSize); i++)
        {
            count = count * (size - i) / (i + 1);
            if (count > MaxVisits)
            {
                return MaxVisits + 1;
            }
        }

        return count;
    }

    private static SpexInputException TooMany(string what, int size) => new(
        $"The terms have {what} (one of them has {size} features), too many to list. Lower the order or the largest degree of the terms.");
}
