using System.Runtime.InteropServices;
using Spex.Core.Spectra;

namespace Spex.Core.Trees;

/// <summary>Sums numbers by feature set: an open-addressing table whose keys lie one after the other in one array, without an object a set.</summary>
internal sealed class SetAccumulator
{
    public const ulong EmptyHash = 0x9E3779B97F4A7C15;

    private readonly List<int> _features = [];
    private readonly List<Entry> _entries = [];
    private int[] _slots = new int[1024];

    public int Count => _entries.Count;

    /// <summary>The hash of a set with one more feature, larger than all it has.</summary>
    public static ulong Extend(ulong hash, int feature)
    {
        hash = (hash ^ (uint)feature) * 0xD6E8FEB86659FD93;
        return hash ^ (hash >> 32);
    }

    /// <summary>Adds to the sum of a set.</summary>
    /// <param name="set">The features, ascending.</param>
    /// <param name="hash"><see cref="EmptyHash"/>, extended by the features in that order.</param>
    /// <param name="value">What is added.</param>
    public void Add(List<int> set, ulong hash, double value)
    {
        ReadOnlySpan<int> key = CollectionsMarshal.AsSpan(set);
        int slot = (int)(hash & (uint)(_slots.Length - 1));
        while (_slots[slot] != 0)
        {
            ref Entry entry = ref CollectionsMarshal.AsSpan(_entries)[_slots[slot] - 1];
            if (entry.Hash == hash && Key(entry).SequenceEqual(key))
            {
                entry.Sum += value;
                return;
            }

            slot = (slot + 1) & (_slots.Length - 1);
        }

        _entries.Add(new Entry { Hash = hash, Start = _features.Count, Length = key.Length, Sum = value });
        _features.AddRange(key);
        _slots[slot] = _entries.Count;
        if (2 * _entries.Count > _slots.Length)
        {
            Grow();
        }
    }

    /// <summary>The sums, in the order in which their sets came first.</summary>
    public IEnumerable<SpectrumTerm> ToTerms() => _entries.Select(Term);

    /// <summary>The sums of largest magnitude, the largest first; of equal ones that of the smaller set.</summary>
    /// <param name="most">At most so many.</param>
    public IEnumerable<SpectrumTerm> Strongest(int most)
    {
        double[] sizes = [.. _entries.Select(entry => Math.Abs(entry.Sum))];
        Array.Sort(sizes);
        double least = sizes.Length > most ? sizes[^most] : 0;
        return _entries.Where(entry => Math.Abs(entry.Sum) >= least).Select(Term)
            .OrderByDescending(term => Math.Abs(term.Coefficient)).ThenBy(term => term.Set).Take(most);
    }

    private SpectrumTerm Term(Entry entry) => new(FeatureSet.FromAscending(Key(entry).ToArray()), entry.Sum);

    private ReadOnlySpan<int> Key(in Entry entry) => CollectionsMarshal.AsSpan(_features).Slice(entry.Start, entry.Length);

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        for (int i = 0; i < _entries.Count; i++)
        {
            int slot = (int)(_entries[i].Hash & (uint)(_slots.Length - 1));
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = i + 1;
        }
    }

    private struct Entry
    {
        public ulong Hash;
        public int Start;
        public int Length;
        public double Sum;
    }
}
