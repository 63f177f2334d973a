using System.Runtime.InteropServices;
using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Decoding;

/// <summary>
/// Finds terms that the code cannot decode: every set of low degree while those are few, and the one-feature extensions and reductions of what
/// is known. A set comes in when its evidence exceeds the logarithm of how many sets of its kind were tried, plus a margin.
/// </summary>
/// <remarks>
/// Interactions of real models are hierarchical: subsets of an interaction carry weight too (Butler et al., "ProxySPEX", 2025, §3). So a large
/// set is reached through its subsets, each step with few rivals and therefore with a low bar.
/// </remarks>
internal sealed class SupportSearch(BinRegression model, TermEvidence evidence, SpexPattern[] features, int maxDegree, CpuDevice cpu)
{
    // All pairs up to n = 1,024 and all sets of higher degree up to this many are tried; about 10 ns each.
    private const double PairLimit = 1 << 19;
    private const double SetLimit = 1 << 17;

    // The quick test takes a bin's whole energy for noise and so falls short of the exact evidence; half the bar lets through what matters.
    private const float QuickShare = 0.5f;

    private readonly Dictionary<FeatureSet, Candidate> _found = [];

    /// <summary>Tries the sets that differ by one feature from a known one, among the features that are in some known set; lets the best in.</summary>
    /// <param name="most">At most so many.</param>
    /// <returns>How many came in.</returns>
    public int AddNeighbours(int most)
    {
        TryNeighbours();
        return AddBest(most);
    }

    /// <summary>Tries all sets of low degree, as far as they are few; lets the best in.</summary>
    /// <param name="most">At most so many.</param>
    /// <returns>How many came in.</returns>
    public int AddLowDegrees(int most)
    {
        TryLowDegrees();
        return AddBest(most);
    }

    private int AddBest(int most)
    {
        KeyValuePair<FeatureSet, Candidate>[] best = [.. _found];
        _found.Clear();
        Array.Sort(best, static (a, b) => a.Value.Surplus != b.Value.Surplus ? b.Value.Surplus.CompareTo(a.Value.Surplus) : a.Key.CompareTo(b.Key));
        int accepted = Math.Min(most, best.Length);
        foreach ((FeatureSet set, Candidate candidate) in best.AsSpan(0, accepted))
        {
            model.Add(set, candidate.Coefficient);
        }

        return accepted;
    }

    private void TryLowDegrees()
    {
        int n = features.Length;
        double count = 1;
        for (int degree = 1; degree <= Math.Min(maxDegree, n); degree++)
        {
            count *= (n - degree + 1) / (double)degree;
            if (count > (degree <= 2 ? PairLimit : SetLimit))
            {
                return;
            }

            double bar = TermEvidence.Margin + Math.Log(count);
            List<(FeatureSet, Candidate)>[] found = new List<(FeatureSet, Candidate)>[n];
            int size = degree;
            cpu.For(n, first =>
            {
                found[first] = [];
                int[] chosen = new int[size];
                chosen[0] = first;
                TrySupersets(chosen, 1, features[first], bar, found[first]);
            });
            foreach ((FeatureSet set, Candidate candidate) in found.SelectMany(list => list))
            {
                Keep(set, candidate);
            }
        }
    }

    private void TrySupersets(int[] chosen, int have, in SpexPattern pattern, double bar, List<(FeatureSet, Candidate)> found)
    {
        if (have == chosen.Length)
        {
            if (Passes(pattern, bar, out Candidate candidate))
            {
                found.Add((new FeatureSet(chosen), candidate));
            }

            return;
        }

        bool last = have == chosen.Length - 1;
        for (int i = chosen[have - 1] + 1; i < features.Length; i++)
        {
            SpexPattern whole = pattern ^ features[i];
            if (last && evidence.Quick(whole) < QuickShare * bar)
            {
                continue;
            }

            chosen[have] = i;
            TrySupersets(chosen, have + 1, whole, bar, found);
        }
    }

    private void TryNeighbours()
    {
        int terms = model.Sets.Count;
        bool[] isActive = new bool[features.Length];
        for (int t = 0; t < terms; t++)
        {
            foreach (int feature in model.Sets[t].Features)
            {
                isActive[feature] = true;
            }
        }

        int[] active = [.. Enumerable.Range(0, features.Length).Where(i => isActive[i])];
        double extensionBar = TermEvidence.Margin + Math.Log(Math.Max(1, (double)terms * active.Length));
        double reductionBar = TermEvidence.Margin + Math.Log(Math.Max(1, (double)terms * maxDegree));
        List<(FeatureSet, Candidate)>[] found = new List<(FeatureSet, Candidate)>[terms];
        cpu.For(terms, t =>
        {
            found[t] = [];
            FeatureSet set = model.Sets[t];
            SpexPattern pattern = model.PatternAt(t);
            foreach (int feature in active)
            {
                bool reduces = set.Contains(feature);
                if ((reduces || set.Count < maxDegree) && Passes(pattern ^ features[feature], reduces ? reductionBar : extensionBar, out Candidate candidate))
                {
                    found[t].Add((reduces ? set.Without(feature) : set.With(feature), candidate));
                }
            }
        });
        foreach ((FeatureSet set, Candidate candidate) in found.SelectMany(list => list))
        {
            Keep(set, candidate);
        }
    }

    private bool Passes(in SpexPattern pattern, double bar, out Candidate candidate)
    {
        candidate = default;
        if (evidence.Quick(pattern) < QuickShare * bar)
        {
            return false;
        }

        (double strength, double coefficient) = evidence.Exact(pattern);
        candidate = new Candidate(strength - bar, coefficient);
        return strength > bar;
    }

    private void Keep(FeatureSet set, Candidate candidate)
    {
        if (model.Contains(set))
        {
            return;
        }

        ref Candidate known = ref CollectionsMarshal.GetValueRefOrAddDefault(_found, set, out bool exists);
        if (!exists || known.Surplus < candidate.Surplus)
        {
            known = candidate;
        }
    }

    /// <summary>A set's evidence above its bar, and its coefficient there.</summary>
    private readonly record struct Candidate(double Surplus, double Coefficient);
}
