using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Spex.Core.Masks;

/// <summary>
/// The masks of an affine subspace of F₂ⁿ, numbered: x_l = offset ⊕ ⊕_{k: bit k of l is 1} basis_k. The sums of the lowest bits are a table in the
/// first-level cache; a table's worth of consecutive masks is the table with one row added, written in a single pass.
/// </summary>
public sealed class AffineMasks
{
    // The table of the lowest bits is read over and over while what is written passes through the first-level cache: an eighth of that cache stays in
    // it, half of it does not.
    private const int TableWords = 512;

    // A row is kept with the words of its begin once more after its end, so that a vector may be read from any of its words on.
    private const int Repeated = 8;

    private readonly MaskMatrix _basis;
    private readonly ulong[] _table;
    private readonly int _tableBits;
    private readonly int _words;

    // Row j: the sum of basis rows _tableBits … _tableBits + j, repeated; what a step from one table's worth to the next adds.
    private readonly ulong[] _steps;

    /// <summary>Makes the generator.</summary>
    /// <param name="basis">b rows; row k is added when bit k of l is 1. Kept, not copied.</param>
    public AffineMasks(MaskMatrix basis)
    {
        ArgumentNullException.ThrowIfNull(basis);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(basis.RowCount, 62, nameof(basis));
        _basis = basis;
        _words = basis.WordsPerRow;
        int fit = BitOperations.Log2((uint)Math.Max(1, TableWords / Math.Max(1, _words)));

        // Four rows at least: then the added row is made for every fourth mask at most.
        _tableBits = Math.Min(basis.RowCount, Math.Max(2, fit));
        _table = new ulong[_words << _tableBits];
        for (int l = 1; l < 1 << _tableBits; l++)
        {
            int low = BitOperations.TrailingZeroCount(l);
            Xor(_table.AsSpan((l & (l - 1)) * _words, _words), basis.Row(low), _table.AsSpan(l * _words, _words));
        }

        int length = _words + Repeated;
        _steps = _words == 0 ? [] : new ulong[length * (basis.RowCount - _tableBits)];
        for (int at = 0, k = _tableBits; at < _steps.Length; at += length, k++)
        {
            Span<ulong> step = _steps.AsSpan(at, length);
            basis.Row(k).CopyTo(step);
            if (at > 0)
            {
                Xor(step[.._words], _steps.AsSpan(at - length, _words), step[.._words]);
            }

            Repeat(step);
        }
    }

    /// <summary>log2 of the number of masks.</summary>
    public int Dimension => _basis.RowCount;

    /// <summary>Writes mask <paramref name="index"/> as the definition reads; the reference of <see cref="Write"/>.</summary>
    public void WriteOne(ReadOnlySpan<ulong> offset, long index, Span<ulong> mask)
    {
        offset[.._words].CopyTo(mask);
        for (ulong rest = (ulong)index; rest != 0; rest &= rest - 1)
        {
            Span<ulong> target = mask[.._words];
            Xor(target, _basis.Row(BitOperations.TrailingZeroCount(rest)), target);
        }
    }

    /// <summary>Writes masks [start, start + count), row after row.</summary>
    /// <param name="offset">⌈n/64⌉ words added to every mask.</param>
    /// <param name="start">First index l.</param>
    /// <param name="count">Number of masks; start + count is at most 2^b.</param>
    /// <param name="masks">count × ⌈n/64⌉ words.</param>
    public void Write(ReadOnlySpan<ulong> offset, long start, int count, Span<ulong> masks)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, 1L << Dimension);
        if (_words == 0 || count == 0)
        {
            return;
        }

        int tableRows = 1 << _tableBits, length = _words + Repeated;
        Span<ulong> row = length <= 2048 ? stackalloc ulong[length] : new ulong[length];
        WriteOne(offset, start & -tableRows, row);
        Repeat(row);
        while (true)
        {
            int from = (int)(start & (tableRows - 1)), rows = Math.Min(count, tableRows - from);
            XorRepeated(_table.AsSpan(from * _words, rows * _words), row, masks[..(rows * _words)]);
            start += rows;
            count -= rows;
            if (count == 0)
            {
                return;
            }

            // The bits that change when the high part of l goes up by one: the lowest ones, as far as the first 0.
            masks = masks[(rows * _words)..];
            int step = BitOperations.TrailingZeroCount(start) - _tableBits;
            Xor(row, _steps.AsSpan(step * length, length), row);
        }
    }

    /// <summary>target = left ⊕ right, word by word; target may be either of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Xor(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right, Span<ulong> target)
    {
        ref ulong l = ref MemoryMarshal.GetReference(left), r = ref MemoryMarshal.GetReference(right), t = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i <= target.Length - Vector256<ulong>.Count; i += Vector256<ulong>.Count)
        {
            (Vector256.LoadUnsafe(ref l, (nuint)i) ^ Vector256.LoadUnsafe(ref r, (nuint)i)).StoreUnsafe(ref t, (nuint)i);
        }

        for (; i < target.Length; i++)
        {
            target[i] = left[i] ^ right[i];
        }
    }

    private void Repeat(Span<ulong> row)
    {
        for (int i = _words; i < row.Length; i++)
        {
            row[i] = row[i - _words];
        }
    }

    // target = table with the row added to each of its rows. Vectors go on over the rows' ends and are written whole cache lines at a time;
    // the first and the last vector may write words again that their neighbours wrote.
    private unsafe void XorRepeated(ReadOnlySpan<ulong> table, ReadOnlySpan<ulong> row, Span<ulong> target)
    {
        const int Line = 8;
        int length = target.Length;
        if (length < Line)
        {
            for (int i = 0; i < length; i++)
            {
                target[i] = table[i] ^ row[i % _words];
            }

            return;
        }

        ref ulong source = ref MemoryMarshal.GetReference(table), added = ref MemoryMarshal.GetReference(row), to = ref MemoryMarshal.GetReference(target);
        int last = length - Line;
        XorLine(ref source, ref added, ref to, 0, 0);

        // Where lines begin: a collector that moves the target meanwhile costs speed alone.
        int at = Line - (int)(((nuint)Unsafe.AsPointer(ref to) >> 3) & (Line - 1));
        int phase = at % _words, step = Line % _words;
        if (step == 0)
        {
            for (; at <= last; at += Line)
            {
                XorLine(ref source, ref added, ref to, at, phase);
            }
        }
        else
        {
            for (; at <= last; at += Line)
            {
                XorLine(ref source, ref added, ref to, at, phase);
                phase += step;
                phase -= phase >= _words ? _words : 0;
            }
        }

        XorLine(ref source, ref added, ref to, last, last % _words);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void XorLine(ref ulong table, ref ulong row, ref ulong target, int at, int phase)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            (Vector512.LoadUnsafe(ref table, (nuint)at) ^ Vector512.LoadUnsafe(ref row, (nuint)phase)).StoreUnsafe(ref target, (nuint)at);
        }
        else
        {
            (Vector256.LoadUnsafe(ref table, (nuint)at) ^ Vector256.LoadUnsafe(ref row, (nuint)phase)).StoreUnsafe(ref target, (nuint)at);
            (Vector256.LoadUnsafe(ref table, (nuint)at + 4) ^ Vector256.LoadUnsafe(ref row, (nuint)phase + 4)).StoreUnsafe(ref target, (nuint)at + 4);
        }
    }
}
