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
    private readonly List<LowSets> _lowSets = [];
    private readonly List<ScanHit> _hits = [];
    private readonly Dictionary<FeatureSet, Candidate>[] _found;

    public SupportSearch(BinRegression model, BinEvidence evidence, int maxDegree)
    {
        _model = model;
        _evidence = evidence;
        _maxDegree = maxDegree;
        _design = model.Residual.Design;
        _codes = _design.Device.Codes;
        _found = [.. Enumerable.Range(0, model.Residual.FunctionCount).Select(_ => new Dictionary<FeatureSet, Candidate>())];
    }

    /// <summary>Tries the sets that differ by one feature from a known one, among the features that are in some known set of the function; lets the best in.</summary>
    /// <param name="functions">The functions, ascending.</param>
    /// <param name="most">For each function of the table, at most so many.</param>
    /// <returns>For each function of the table how many came in.</returns>
    public int[] AddNeighbours(ReadOnlySpan<int> functions, ReadOnlySpan<int> most)
    {
        TryNeighbours(functions);
        return AddBest(functions, most);
    }

    /// <summary>Tries all sets of low degree, as far as they are few; lets the best in.</summary>
    /// <param name="functions">The functions, ascending.</param>
    /// <param name="most">For each function of the table, at most so many.</param>
    /// <returns>For each function of the table how many came in.</returns>
    public int[] AddLowDegrees(ReadOnlySpan<int> functions, ReadOnlySpan<int> most)
    {
        TryLowDegrees(functions);
        return AddBest(functions, most);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LowSets sets in _lowSets)
        {
            sets.Dispose();
        }
    }

    private int[] AddBest(ReadOnlySpan<int> functions, ReadOnlySpan<int> most)
    {
        int[] counts = new int[_found.Length];
        List<FoundTerm> added = [];
        foreach (int function in functions)
        {
            KeyValuePair<FeatureSet, Candidate>[] best = [.. _found[function]];
            _found[function].Clear();
            Array.Sort(best, static (a, b) => a.Value.Surplus != b.Value.Surplus ? b.Value.Surplus.CompareTo(a.Value.Surplus) : a.Key.CompareTo(b.Key));
            counts[function] = Math.Min(most[function], best.Length);
            added.AddRange(best.Take(counts[function]).Select(pair => new FoundTerm(function, pair.Key, pair.Value.Coefficient)));
        }

        _model.Add(CollectionsMarshal.AsSpan(added));
        return counts;
    }

    private void TryLowDegrees(ReadOnlySpan<int> functions)
    {
        int n = _design.Design.FeatureCount;
        ScanRange[] ranges = new ScanRange[functions.Length];
        double count = 1;
        for (int degree = 1; degree <= Math.Min(_maxDegree, n) && ranges.Length > 0; degree++)
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
            for (int k = 0; k < ranges.Length; k++)
            {
                ranges[k] = new ScanRange(functions[k], 0, left.Sets.Length, 0, n, bar);
            }

            _codes.Scan(_model.Residual, _evidence, new TermScan(left.Patterns, _design.Features, left.FirstRight, QuickShare), ranges, _hits);
            foreach (ScanHit hit in _hits)
            {
                Keep(left.Sets[hit.Left].With(hit.Right), hit, ranges[hit.Range]);
            }
        }
    }

    private void TryNeighbours(ReadOnlySpan<int> functions)
    {
        // On the right lie no feature, which leaves a set as it is, and then each function's.
        List<FeatureSet> left = [];
        List<int> right = [-1];
        List<ScanRange> ranges = [];
        foreach (int function in functions)
        {
            IReadOnlyList<FeatureSet> sets = _model.SetsOf(function);
            int[] active = [.. sets.SelectMany(set => set).Distinct().Order()];
            FeatureSet[] extended = [.. sets.Where(set => set.Count < _maxDegree)];
            FeatureSet[] reduced = [.. sets.SelectMany(set => set.Select(feature => set.Without(feature))).Distinct()];
            ranges.Add(new ScanRange(function, left.Count, extended.Length, right.Count, active.Length, Margin((double)sets.Count * active.Length)));
            left.AddRange(extended);
            right.AddRange(active);
            ranges.Add(new ScanRange(function, left.Count, reduced.Length, 0, 1, Margin((double)sets.Count * _maxDegree)));
            left.AddRange(reduced);
        }

        if (left.Count == 0)
        {
            return;
        }

        using DeviceBuffer<SpexPattern> leftPatterns = Upload<SpexPattern>([.. left.Select(set => SpexPattern.Of(set, _design.FeaturePatterns))]);
        using DeviceBuffer<SpexPattern> rightPatterns = Upload<SpexPattern>([.. right.Select(feature => feature < 0 ? default : _design.FeaturePatterns[feature])]);
        _codes.Scan(_model.Residual, _evidence, new TermScan(leftPatterns, rightPatterns, null, QuickShare), CollectionsMarshal.AsSpan(ranges), _hits);
        foreach (ScanHit hit in _hits)
        {
            // A feature that is in the set would reduce it, which has a bar of its own.
            FeatureSet set = left[hit.Left];
            int feature = right[hit.Right];
            if (feature < 0 || !set.Contains(feature))
            {
                Keep(feature < 0 ? set : set.With(feature), hit, ranges[hit.Range]);
            }
        }
    }

    private void Keep(FeatureSet set, ScanHit hit, ScanRange range)
    {
        if (_model.IndexOf(range.Function, set) >= 0)
        {
            return;
        }

        double surplus = hit.Evidence - range.Bar;
        ref Candidate known = ref CollectionsMarshal.GetValueRefOrAddDefault(_found[range.Function], set, out bool exists);
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
