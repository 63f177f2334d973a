using System.Collections;
using Spex.Core.Masks;

namespace Spex.Core.Spectra;

/// <summary>A set of features, kept as ascending indices; small and sparse, whatever n is.</summary>
/// <remarks>Ordered by size, then lexicographically: the order in which spectra and reports list their terms.</remarks>
public readonly struct FeatureSet : IEquatable<FeatureSet>, IComparable<FeatureSet>, IReadOnlyList<int>
{
    private readonly int[]? _features;

    /// <summary>Makes a set from indices in any order.</summary>
    /// <exception cref="ArgumentException">An index is negative or appears twice.</exception>
    public FeatureSet(params ReadOnlySpan<int> features)
    {
        int[] sorted = features.ToArray();
        Array.Sort(sorted);
        for (int i = 0; i < sorted.Length; i++)
        {
            if (sorted[i] < 0 || (i > 0 && sorted[i] == sorted[i - 1]))
            {
                throw new ArgumentException($"A feature set holds distinct indices from 0; got {{{string.Join(", ", sorted)}}}.", nameof(features));
            }
        }

        _features = sorted;
    }

    private FeatureSet(int[] sorted, bool _) => _features = sorted;

    /// <summary>The set without features, whose Fourier coefficient is the mean.</summary>
    public static FeatureSet Empty => default;

    /// <summary>Number of features in the set: the degree or order of its term.</summary>
    public int Count => _features?.Length ?? 0;

    /// <summary>The features in ascending order.</summary>
    public ReadOnlySpan<int> Features => _features;

    /// <inheritdoc/>
    public int this[int index] => _features![index];

    /// <summary>Wraps an array that is already ascending and without repeats; the array is kept, not copied.</summary>
    public static FeatureSet FromAscending(int[] features) => new(features, true);

    /// <summary>Whether the sets have the same features.</summary>
    public static bool operator ==(FeatureSet left, FeatureSet right) => left.Equals(right);

    /// <summary>Whether the sets differ.</summary>
    public static bool operator !=(FeatureSet left, FeatureSet right) => !left.Equals(right);

    /// <summary>Whether <paramref name="left"/> comes first: fewer features, or as many and lexicographically smaller.</summary>
    public static bool operator <(FeatureSet left, FeatureSet right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(FeatureSet left, FeatureSet right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> comes first or is equal.</summary>
    public static bool operator <=(FeatureSet left, FeatureSet right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> comes later or is equal.</summary>
    public static bool operator >=(FeatureSet left, FeatureSet right) => left.CompareTo(right) >= 0;

    /// <summary>Whether the feature is in the set.</summary>
    public bool Contains(int feature) => _features is not null && Array.BinarySearch(_features, feature) >= 0;

    /// <summary>Whether every feature of <paramref name="other"/> is in this set.</summary>
    public bool IsSupersetOf(FeatureSet other)
    {
        ReadOnlySpan<int> mine = Features, theirs = other.Features;
        int i = 0;
        foreach (int feature in theirs)
        {
            while (i < mine.Length && mine[i] < feature)
            {
                i++;
            }

            if (i == mine.Length || mine[i] != feature)
            {
                return false;
            }

            i++;
        }

        return true;
    }

    /// <summary>The set with one feature more; the same set when it has it already.</summary>
    public FeatureSet With(int feature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(feature);
        ReadOnlySpan<int> mine = Features;
        int at = mine.BinarySearch(feature);
        if (at >= 0)
        {
            return this;
        }

        at = ~at;
        int[] features = new int[mine.Length + 1];
        mine[..at].CopyTo(features);
        features[at] = feature;
        mine[at..].CopyTo(features.AsSpan(at + 1));
        return new FeatureSet(features, true);
    }

    /// <summary>The set without the feature.</summary>
    public FeatureSet Without(int feature)
    {
        ReadOnlySpan<int> mine = Features;
        int at = mine.BinarySearch(feature);
        if (at < 0)
        {
            return this;
        }

        int[] features = new int[mine.Length - 1];
        mine[..at].CopyTo(features);
        mine[(at + 1)..].CopyTo(features.AsSpan(at));
        return new FeatureSet(features, true);
    }

    /// <summary>The features that are in exactly one of the two sets.</summary>
    public FeatureSet SymmetricDifference(FeatureSet other)
    {
        List<int> features = [];
        ReadOnlySpan<int> a = Features, b = other.Features;
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            if (j == b.Length || (i < a.Length && a[i] < b[j]))
            {
                features.Add(a[i++]);
            }
            else if (i == a.Length || b[j] < a[i])
            {
                features.Add(b[j++]);
            }
            else
            {
                i++;
                j++;
            }
        }

        return new FeatureSet([.. features], true);
    }

    /// <summary>The parity |S ∩ m| mod 2 for a mask laid out as a <see cref="MaskMatrix"/> row: 1 where the Fourier character is −1.</summary>
    public int Parity(ReadOnlySpan<ulong> mask)
    {
        ulong parity = 0;
        foreach (int feature in Features)
        {
            parity ^= mask[feature >> 6] >> (feature & 63);
        }

        return (int)(parity & 1);
    }

    /// <summary>Whether every feature of the set is present in the mask.</summary>
    public bool IsPresentIn(ReadOnlySpan<ulong> mask)
    {
        ulong present = 1;
        foreach (int feature in Features)
        {
            present &= mask[feature >> 6] >> (feature & 63);
        }

        return present != 0;
    }

    /// <inheritdoc/>
    public bool Equals(FeatureSet other) => Features.SequenceEqual(other.Features);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FeatureSet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCodeOf(Features);

    /// <inheritdoc/>
    public int CompareTo(FeatureSet other) => Count != other.Count ? Count.CompareTo(other.Count) : Features.SequenceCompareTo(other.Features);

    /// <summary>An enumerator over the features.</summary>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)(_features ?? [])).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The set as people write it: {0, 3}.</summary>
    public override string ToString() => $"{{{string.Join(", ", _features ?? [])}}}";

    /// <summary>The hash code of the set with these ascending features.</summary>
    internal static int HashCodeOf(ReadOnlySpan<int> features)
    {
        ulong hash = 0x9E3779B97F4A7C15;
        foreach (int feature in features)
        {
            hash = (hash ^ (uint)feature) * 0xD6E8FEB86659FD93;
            hash ^= hash >> 32;
        }

        return (int)hash;
    }
}
