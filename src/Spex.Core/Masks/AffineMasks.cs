using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Spex.Core.Masks;

/// <summary>
/// The masks of an affine subspace of F₂ⁿ, numbered: x_l = offset ⊕ ⊕_{k: bit k of l is 1} basis_k. Blocks of consecutive l are one XOR of two
/// precomputed rows a word, so masks are written about as fast as memory takes them.
/// </summary>
public sealed class AffineMasks
{
    // The table of the lowest bits stays in the first-level cache, beside what is written.
    private const int TableWords = 2048;

    private readonly MaskMatrix _basis;
    private readonly ulong[] _table;
    private readonly int _tableBits;
    private readonly int _words;

    /// <summary>Makes the generator.</summary>
    /// <param name="basis">b rows; row k is added when bit k of l is 1. Kept, not copied.</param>
    public AffineMasks(MaskMatrix basis)
    {
        ArgumentNullException.ThrowIfNull(basis);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(basis.RowCount, 62, nameof(basis));
        _basis = basis;
        _words = basis.WordsPerRow;
        int fit = BitOperations.Log2((uint)Math.Max(1, TableWords / Math.Max(1, _words)));

        // Four rows at least, so that a tile of four rows is a whole number of vectors whatever the row's length.
        _tableBits = Math.Min(basis.RowCount, Math.Max(2, fit));
        _table = new ulong[_words << _tableBits];
        for (int l = 1; l < 1 << _tableBits; l++)
        {
            int low = BitOperations.TrailingZeroCount(l);
            Xor(_table.AsSpan((l & (l - 1)) * _words, _words), basis.Row(low), _table.AsSpan(l * _words, _words));
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
        if (_words == 0)
        {
            return;
        }

        int tableRows = 1 << _tableBits;
        Span<ulong> tile = _words <= 128 ? stackalloc ulong[4 * _words] : new ulong[4 * _words];
        Span<ulong> row = tile[.._words];
        while (count > 0)
        {
            int from = (int)(start & (tableRows - 1)), rows = Math.Min(count, tableRows - from);
            WriteOne(offset, start - from, row);
            ReadOnlySpan<ulong> table = _table.AsSpan(from * _words, rows * _words);
            Span<ulong> target = masks[..(rows * _words)];
            if (_words < 8 && rows >= 4)
            {
                // Short rows: the row of the high bits four times over is a whole number of vectors.
                row.CopyTo(tile[_words..]);
                tile[..(2 * _words)].CopyTo(tile[(2 * _words)..]);
                int whole = (rows & ~3) * _words;
                XorTile(table[..whole], tile, target[..whole]);
                table = table[whole..];
                target = target[whole..];
            }

            for (int at = 0; at < table.Length; at += _words)
            {
                Xor(table.Slice(at, _words), row, target.Slice(at, _words));
            }

            masks = masks[(rows * _words)..];
            start += rows;
            count -= rows;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Xor(ReadOnlySpan<ulong> left, ReadOnlySpan<ulong> right, Span<ulong> target)
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

    private static void XorTile(ReadOnlySpan<ulong> table, ReadOnlySpan<ulong> tile, Span<ulong> target)
    {
        ref ulong source = ref MemoryMarshal.GetReference(table), again = ref MemoryMarshal.GetReference(tile), to = ref MemoryMarshal.GetReference(target);
        if (tile.Length == Vector256<ulong>.Count)
        {
            Vector256<ulong> row = Vector256.LoadUnsafe(ref again);
            for (int i = 0; i < target.Length; i += Vector256<ulong>.Count)
            {
                (Vector256.LoadUnsafe(ref source, (nuint)i) ^ row).StoreUnsafe(ref to, (nuint)i);
            }

            return;
        }

        for (int at = 0; at < target.Length; at += tile.Length)
        {
            for (int i = 0; i < tile.Length; i += Vector256<ulong>.Count)
            {
                (Vector256.LoadUnsafe(ref source, (nuint)(at + i)) ^ Vector256.LoadUnsafe(ref again, (nuint)i)).StoreUnsafe(ref to, (nuint)(at + i));
            }
        }
    }
}
