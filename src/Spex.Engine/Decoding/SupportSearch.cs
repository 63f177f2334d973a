using System.Runtime.InteropServices;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Finds terms that the code cannot decode: every set of low degree while those are few, and the one-feature extensions and reductions of what
/// is known. A set comes in when its evidence exceeds the logarithm of how many sets of its kind were tried, plus a margin.
/// </summary>
/// <remarks>
/// Interactions of real models are hierarchical: subsets of an interaction carry weight too (Butler et al., "ProxySPEX", 2025, §3). So a large
/// set is reached through its subsets, each step with few rivals and therefore with a low bar.
/// </remarks>
internal sealed class SupportSearch : IDisposable
{
    // All pairs up to n = 1,024 and all sets of higher degree up to this many are tried; about 10 ns each.
    private const double PairLimit = 1 << 19;
    private const double SetLimit = 1 << 17;

    // The quick test takes a bin's whole energy for noise and so falls short of the exact evidence; half the bar lets through what matters.
    private const double QuickShare = 0.5;

    private readonly BinRegression _model;
    private readonly BinEvidence _evidence;
    private readonly int _maxDegree;
    private readonly BinDesign _design;
    private readonly CodePrimitives _codes;
    private readonly DeviceBuffer<SpexPattern> _none;
    private readonly List<LowSets> _lowSets = [];
    private readonly List<ScanHit> _hits = [];
    private readonly Dictionary<FeatureSet, Candidate> _found = [];

    public SupportSearch(BinRegression model, BinEvidence evidence, int maxDegree)
    {
        _model = model;
        _evidence = evidence;
        _maxDegree = maxDegree;
        _design = model.Residual.Design;
        _codes = _design.Device.Codes;
        _none = Upload<SpexPattern>([default]);
    }

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

    /// <inheritdoc/>
    public void Dispose()
    {
        _none.Dispose();
        foreach (LowSets sets in _lowSets)
        {
            sets.Dispose();
        }
    }

    private int AddBest(int most)
    {
        KeyValuePair<FeatureSet, Candidate>[] best = [.. _found];
        _found.Clear();
        Array.Sort(best, static (a, b) => a.Value.Surplus != b.Value.Surplus ? b.Value.Surplus.CompareTo(a.Value.Surplus) : a.Key.CompareTo(b.Key));
        best = best[..Math.Min(most, best.Length)];
        _model.Add([.. best.Select(pair => pair.Key)], [.. best.Select(pair => pair.Value.Coefficient)]);
        return best.Length;
    }

    private void TryLowDegrees()
    {
        int n = _design.Design.FeatureCount;
        double count = 1;
        for (int degree = 1; degree <= Math.Min(_maxDegree, n); degree++)
        {
            count *= (n - degree + 1) / (double)degree;
            if (count > (degree <= 2 ? PairLimit : SetLimit))
            {
                return;
            }

            // Sets of one feature less, each extended by the features above its own.
            if (_lowSets.Count < degree)
            {
                _lowSets.Add(LowSets.Of(degree - 1, _design));
            }

            LowSets left = _lowSets[degree - 1];
            double bar = Margin(count);
            _codes.Scan(
                _model.Residual, _evidence, new TermScan(left.Patterns, left.Sets.Length, _design.Features, n, left.FirstRight, bar, QuickShare), _hits);
            foreach (ScanHit hit in _hits)
            {
                Keep(left.Sets[hit.Left].With(hit.Right), hit, bar);
            }
        }
    }

    private void TryNeighbours()
    {
        int[] active = [.. _model.Sets.SelectMany(set => set).Distinct().Order()];
        double extensionBar = Margin((double)_model.Sets.Count * active.Length);
        double reductionBar = Margin((double)_model.Sets.Count * _maxDegree);

        FeatureSet[] extended = [.. _model.Sets.Where(set => set.Count < _maxDegree)];
        foreach (ScanHit hit in Scan(extended, active, extensionBar))
        {
            // A feature that is in the set would reduce it, which has a bar of its own.
            FeatureSet set = extended[hit.Left];
            int feature = active[hit.Right];
            if (!set.Contains(feature))
            {
                Keep(set.With(feature), hit, extensionBar);
            }
        }

        FeatureSet[] reduced = [.. _model.Sets.SelectMany(set => set.Select(feature => set.Without(feature))).Distinct()];
        foreach (ScanHit hit in Scan(reduced, null, reductionBar))
        {
            Keep(reduced[hit.Left], hit, reductionBar);
        }
    }

    private List<ScanHit> Scan(FeatureSet[] sets, int[]? features, double bar)
    {
        if (sets.Length == 0 || features is [])
        {
            _hits.Clear();
            return _hits;
        }

        using DeviceBuffer<SpexPattern> left = Upload<SpexPattern>([.. sets.Select(set => SpexPattern.Of(set, _design.FeaturePatterns))]);
        using DeviceBuffer<SpexPattern>? right = features is null ? null : Upload<SpexPattern>([.. features.Select(feature => _design.FeaturePatterns[feature])]);
        _codes.Scan(_model.Residual, _evidence, new TermScan(left, sets.Length, right ?? _none, features?.Length ?? 1, null, bar, QuickShare), _hits);
        return _hits;
    }

    private void Keep(FeatureSet set, ScanHit hit, double bar)
    {
        if (_model.Contains(set))
        {
            return;
        }

        double surplus = hit.Evidence - bar;
        ref Candidate known = ref CollectionsMarshal.GetValueRefOrAddDefault(_found, set, out bool exists);
        if (!exists || known.Surplus < surplus)
        {
            known = new Candidate(surplus, hit.Coefficient);
        }
    }

    private static double Margin(double rivals) => Peeling.Margin + Math.Log(Math.Max(1, rivals));

    private DeviceBuffer<T> Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = _design.Device.Allocate<T>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>A set's evidence above its bar, and its coefficient there.</summary>
    private readonly record struct Candidate(double Surplus, double Coefficient);

    /// <summary>All sets of one degree, in lexicographic order, and for each the first feature that may extend it.</summary>
    private sealed record LowSets(FeatureSet[] Sets, DeviceBuffer<SpexPattern> Patterns, DeviceBuffer<int> FirstRight) : IDisposable
    {
        public static LowSets Of(int degree, BinDesign design)
        {
            List<FeatureSet> sets = [];
            Enumerate(new int[degree], 0, design.Design.FeatureCount, sets);
            DeviceBuffer<SpexPattern> patterns = design.Device.Allocate<SpexPattern>(sets.Count);
            patterns.CopyFrom([.. sets.Select(set => SpexPattern.Of(set, design.FeaturePatterns))]);
            DeviceBuffer<int> firstRight = design.Device.Allocate<int>(sets.Count);
            firstRight.CopyFrom([.. sets.Select(set => set.Count == 0 ? 0 : set.Features[^1] + 1)]);
            return new LowSets([.. sets], patterns, firstRight);
        }

        public void Dispose()
        {
            Patterns.Dispose();
            FirstRight.Dispose();
        }

        private static void Enumerate(int[] chosen, int have, int n, List<FeatureSet> sets)
        {
            if (have == chosen.Length)
            {
                sets.Add(FeatureSet.FromAscending([.. chosen]));
                return;
            }

            for (int i = have == 0 ? 0 : chosen[have - 1] + 1; i < n; i++)
            {
                chosen[have] = i;
                Enumerate(chosen, have + 1, n, sets);
            }
        }
    }
}
