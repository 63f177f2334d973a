using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Spex.Core.Masks;

namespace Spex.Core.Spectra;

/// <summary>Terms laid out for evaluation: Σ_S c_S·(−1)^{|S∩m|} (parities) or Σ_T a_T·[T ⊆ m] (presences) for many masks at once.</summary>
/// <remarks>
/// 64 masks go together: their words are transposed once, so that a term's parities (presences) in all of them are the XOR (AND) of its features' columns.
/// Every mask adds its terms in float64 in the order given, so a value has the same bits alone, in any batch and with any vector width.
/// </remarks>
internal sealed class TermSums
{
    private const int Slice = 64;

    // Terms whose signs are gathered before they are added: 8 KB, so that they stay in the first cache.
    private const int Chunk = 1024;

    private readonly bool _parities;
    private readonly double[] _coefficients;
    private readonly int[] _features;
    private readonly int[] _ends;
    private readonly int[] _usedWords;

    /// <summary>Lays out the terms.</summary>
    /// <param name="terms">The terms in the order in which they are added.</param>
    /// <param name="parities">Whether they are Fourier terms (parities) or Möbius terms (presences).</param>
    public TermSums(IReadOnlyList<SpectrumTerm> terms, bool parities)
    {
        _parities = parities;
        _coefficients = new double[terms.Count];
        _ends = new int[terms.Count];
        List<int> features = new(2 * terms.Count);
        for (int i = 0; i < terms.Count; i++)
        {
            _coefficients[i] = terms[i].Coefficient;
            features.AddRange(terms[i].Set.Features);
            _ends[i] = features.Count;
        }

        _features = [.. features];
        _usedWords = [.. features.Select(feature => feature >> 6).Distinct().Order()];
    }

    /// <summary>The sum for one mask.</summary>
    public double Evaluate(ReadOnlySpan<ulong> mask)
    {
        double sum = 0;
        int at = 0;
        for (int term = 0; term < _ends.Length; term++)
        {
            ulong bit = _parities ? 0UL : 1UL;
            for (int end = _ends[term]; at < end; at++)
            {
                ulong word = mask[_features[at] >> 6] >> _features[at];
                bit = _parities ? bit ^ word : bit & word;
            }

            double coefficient = _coefficients[term];
            bool set = (bit & 1) != 0;
            sum += _parities ? (set ? -coefficient : coefficient) : (set ? coefficient : 0);
        }

        return sum;
    }

    /// <summary>The sums for many masks.</summary>
    /// <param name="masks">values.Length rows of <paramref name="wordsPerRow"/> words.</param>
    /// <param name="wordsPerRow">Words a mask.</param>
    /// <param name="values">Takes one sum a mask.</param>
    public void Evaluate(ReadOnlySpan<ulong> masks, int wordsPerRow, Span<double> values)
    {
        ulong[] columns = new ulong[wordsPerRow * Slice];
        ulong[] bits = new ulong[Math.Min(Chunk, _ends.Length)];
        double[] slice = new double[Slice];
        for (int row = 0; row < values.Length; row += Slice)
        {
            int count = Math.Min(Slice, values.Length - row);
            Transpose(masks.Slice(row * wordsPerRow, count * wordsPerRow), wordsPerRow, columns);
            Array.Clear(slice);
            for (int first = 0; first < _ends.Length; first += Chunk)
            {
                int terms = Math.Min(Chunk, _ends.Length - first);
                CombineColumns(columns, first, bits.AsSpan(0, terms));
                Add(_coefficients.AsSpan(first, terms), bits, _parities, slice);
            }

            slice.AsSpan(0, count).CopyTo(values[row..]);
        }
    }

    // Column i holds feature i of the 64 masks, mask s at bit s; masks beyond the last are empty.
    private void Transpose(ReadOnlySpan<ulong> masks, int wordsPerRow, Span<ulong> columns)
    {
        foreach (int word in _usedWords)
        {
            Span<ulong> block = columns.Slice(word * Slice, Slice);
            block.Clear();
            for (int s = 0, at = word; at < masks.Length; s++, at += wordsPerRow)
            {
                block[s] = masks[at];
            }

            BitTranspose.Transpose64(block);
        }
    }

    private void CombineColumns(ReadOnlySpan<ulong> columns, int first, Span<ulong> bits)
    {
        int at = first == 0 ? 0 : _ends[first - 1];
        for (int term = 0; term < bits.Length; term++)
        {
            int end = _ends[first + term];
            ulong combined = _parities ? 0 : ulong.MaxValue;
            for (; at < end; at++)
            {
                combined = _parities ? combined ^ columns[_features[at]] : combined & columns[_features[at]];
            }

            bits[term] = combined;
        }
    }

    // Lane l of vector j is mask 4j + l. Four vectors go through all terms together: their sums stay in registers and hide each other's latency.
    private static void Add(ReadOnlySpan<double> coefficients, ReadOnlySpan<ulong> bits, bool parities, Span<double> sums)
    {
        Vector256<ulong> b0 = Vector256.Create(1UL, 2, 4, 8), b1 = b0 << 4, b2 = b0 << 8, b3 = b0 << 12;
        for (int j = 0; j < Slice; j += 16)
        {
            Span<double> part = sums.Slice(j, 16);
            Vector256<double> s0 = Vector256.Create<double>(part);
            Vector256<double> s1 = Vector256.Create<double>(part[4..]);
            Vector256<double> s2 = Vector256.Create<double>(part[8..]);
            Vector256<double> s3 = Vector256.Create<double>(part[12..]);
            for (int term = 0; term < coefficients.Length; term++)
            {
                Vector256<ulong> coefficient = Vector256.Create(coefficients[term]).AsUInt64();
                Vector256<ulong> word = Vector256.Create(bits[term] >> j);
                s0 += Select(coefficient, word, b0, parities);
                s1 += Select(coefficient, word, b1, parities);
                s2 += Select(coefficient, word, b2, parities);
                s3 += Select(coefficient, word, b3, parities);
            }

            s0.CopyTo(part);
            s1.CopyTo(part[4..]);
            s2.CopyTo(part[8..]);
            s3.CopyTo(part[12..]);
        }
    }

    // A lane's bit tells: c or −c for parities, 0 or c for presences.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Select(Vector256<ulong> coefficient, Vector256<ulong> word, Vector256<ulong> bit, bool parities)
    {
        Vector256<ulong> set = Vector256.Equals(word & bit, bit);
        return (parities ? coefficient ^ (set & Vector256.Create(1UL << 63)) : coefficient & set).AsDouble();
    }
}
