using System.Numerics;

namespace Spex.Core.Masks;

/// <summary>Distinct masks, numbered in the order in which they were added, and found again by their bits.</summary>
/// <remarks>A table with open addressing over the words themselves: no object a mask. Not safe for concurrent writers.</remarks>
public sealed class MaskLookup
{
    private readonly int _words;
    private ulong[] _masks;
    private int[] _slots;

    /// <summary>Makes an empty lookup.</summary>
    /// <param name="featureCount">Number of features n of every mask.</param>
    /// <param name="capacity">How many masks to make room for at once; more may be added.</param>
    public MaskLookup(int featureCount, int capacity = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        FeatureCount = featureCount;
        _words = MaskMatrix.WordsFor(featureCount);
        _masks = new ulong[checked(_words * capacity)];
        _slots = new int[SlotsFor(capacity)];
    }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>Number of masks.</summary>
    public int Count { get; private set; }

    /// <summary>The words of mask number <paramref name="number"/>; valid until the next mask is added.</summary>
    public ReadOnlySpan<ulong> this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
            return _masks.AsSpan(number * _words, _words);
        }
    }

    /// <summary>The number of a mask, or −1 when it was not added.</summary>
    public int Find(ReadOnlySpan<ulong> mask)
    {
        Check(mask);
        return _slots[Slot(mask)] - 1;
    }

    /// <summary>The number of a mask, which is added when it is new.</summary>
    public int Add(ReadOnlySpan<ulong> mask, out bool added)
    {
        Check(mask);
        int slot = Slot(mask);
        added = _slots[slot] == 0;
        if (!added)
        {
            return _slots[slot] - 1;
        }

        if (_masks.Length < (Count + 1) * _words)
        {
            Array.Resize(ref _masks, checked(Math.Max(2 * _masks.Length, 64 * _words)));
        }

        mask.CopyTo(_masks.AsSpan(Count * _words, _words));
        _slots[slot] = ++Count;
        if (2 * Count > _slots.Length)
        {
            Grow();
        }

        return Count - 1;
    }

    /// <summary>The masks as a matrix, in the order in which they were added.</summary>
    public MaskMatrix ToMatrix() => new(Count, FeatureCount, _masks.AsSpan(0, Count * _words).ToArray());

    // At most half of the slots are taken, so that a probe ends soon.
    private static int SlotsFor(int count) => (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, checked(2 * count)));

    private static ulong Hash(ReadOnlySpan<ulong> mask)
    {
        ulong hash = 0x9E3779B97F4A7C15;
        foreach (ulong word in mask)
        {
            hash = (hash ^ word) * 0xD6E8FEB86659FD93;
            hash ^= hash >> 32;
        }

        return hash * 0xD6E8FEB86659FD93;
    }

    private int Slot(ReadOnlySpan<ulong> mask)
    {
        int wrap = _slots.Length - 1;
        int slot = (int)(Hash(mask) >> 32) & wrap;
        while (_slots[slot] != 0 && !_masks.AsSpan((_slots[slot] - 1) * _words, _words).SequenceEqual(mask))
        {
            slot = (slot + 1) & wrap;
        }

        return slot;
    }

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        for (int number = 0; number < Count; number++)
        {
            _slots[Slot(_masks.AsSpan(number * _words, _words))] = number + 1;
        }
    }

    private void Check(ReadOnlySpan<ulong> mask)
    {
        if (mask.Length != _words)
        {
            throw new ArgumentException($"A mask of {FeatureCount} features has {_words} words; {mask.Length} were given.", nameof(mask));
        }
    }
}
