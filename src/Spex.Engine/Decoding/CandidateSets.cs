using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>Candidate sets of several problems, each set kept once and known by its number.</summary>
internal sealed class CandidateSets
{
    private readonly List<FeatureSet> _all = [];
    private readonly Dictionary<FeatureSet, int> _numbers = new(FeatureSetComparer.Instance);

    // For each set the last problem that has it, or may not have it.
    private readonly List<int> _lastProblem = [];
    private readonly List<int> _members = [];
    private int _problem;

    /// <summary>All candidates.</summary>
    public FeatureSet[] All => [.. _all];

    /// <summary>Begins the next problem.</summary>
    /// <param name="excluded">Sets that are no candidates there.</param>
    public void Begin(IEnumerable<FeatureSet> excluded)
    {
        _problem++;
        _members.Clear();
        foreach (FeatureSet set in excluded)
        {
            _lastProblem[NumberOf(set.Features)] = _problem;
        }
    }

    /// <summary>Adds a candidate to the problem, unless it is there or excluded.</summary>
    /// <param name="features">Its features, ascending.</param>
    public void Add(ReadOnlySpan<int> features)
    {
        int number = NumberOf(features);
        if (_lastProblem[number] != _problem)
        {
            _lastProblem[number] = _problem;
            _members.Add(number);
        }
    }

    /// <summary>The numbers of the problem's candidates, in the order in which they came.</summary>
    public int[] End() => [.. _members];

    private int NumberOf(ReadOnlySpan<int> features)
    {
        Dictionary<FeatureSet, int>.AlternateLookup<ReadOnlySpan<int>> lookup = _numbers.GetAlternateLookup<ReadOnlySpan<int>>();
        if (!lookup.TryGetValue(features, out int number))
        {
            number = _all.Count;
            FeatureSet set = FeatureSet.FromAscending(features.ToArray());
            _all.Add(set);
            _numbers.Add(set, number);
            _lastProblem.Add(0);
        }

        return number;
    }
}
