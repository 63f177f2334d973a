using System.Numerics;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.SignMatrices;

/// <summary>
/// The matrix X of Fourier characters, X_ij = (−1)^{|S_j ∩ m_i|} for masks m_i and sets S_j, kept as bits: the scalar reference of every device's form.
/// </summary>
/// <remarks>
/// A column is ⌈N/64⌉ words; the parity |S_j ∩ m_i| mod 2 is bit i mod 64 of word i div 64, 1 where X_ij = −1; bits beyond the last sample are zero.
/// Sums over samples have one order on every device and for any number of threads: the signed numbers of eight consecutive samples (an octet) are added as
/// ((0+1)+(2+3))+((4+5)+(6+7)), the eight octets of a word likewise, the words of a block of <see cref="BlockSamples"/> samples one after the other, and
/// the blocks one after the other. Sums over columns take octets of columns in the same way, one octet after the other.
/// </remarks>
public static class SignMatrix
{
    /// <summary>Samples of a block: 64 words.</summary>
    public const int BlockSamples = 4096;

    /// <summary>The packed columns of the sets: sets.Length × ⌈N/64⌉ words, column after column.</summary>
    public static ulong[] Columns(MaskMatrix masks, ReadOnlySpan<FeatureSet> sets)
    {
        ArgumentNullException.ThrowIfNull(masks);
        int words = MaskMatrix.WordsFor(masks.RowCount);
        ulong[] columns = new ulong[sets.Length * words];
        for (int j = 0; j < sets.Length; j++)
        {
            for (int i = 0; i < masks.RowCount; i++)
            {
                columns[(j * words) + (i >> 6)] |= (ulong)sets[j].Parity(masks.Row(i)) << (i & 63);
            }
        }

        return columns;
    }

    /// <summary>In how many of the samples [first, end) two columns differ, D: X_aᵀX_b over these samples is (end − first) − 2D.</summary>
    public static int Differing(ReadOnlySpan<ulong> columnA, ReadOnlySpan<ulong> columnB, int first, int end)
    {
        int differing = 0;
        for (int word = first >> 6; word << 6 < end; word++)
        {
            differing += BitOperations.PopCount((columnA[word] ^ columnB[word]) & Within(word, first, end));
        }

        return differing;
    }

    /// <summary>Xᵀr of one column over the samples [first, end), in the order of the remarks; samples outside count as 0.</summary>
    public static double Project(ReadOnlySpan<ulong> column, ReadOnlySpan<double> values, int first, int end)
    {
        Span<double> octets = stackalloc double[8];
        Span<double> signed = stackalloc double[8];
        double sum = 0;
        for (int block = first / BlockSamples; block * BlockSamples < end; block++)
        {
            double blockSum = 0;
            int from = Math.Max(first, block * BlockSamples), to = Math.Min(end, (block + 1) * BlockSamples);
            for (int word = from >> 6; word << 6 < to; word++)
            {
                for (int i = 0; i < 64; i++)
                {
                    int sample = (word * 64) + i;
                    double value = sample >= from && sample < to ? values[sample] : 0;
                    signed[i & 7] = ((column[word] >> i) & 1) == 0 ? value : -value;
                    if ((i & 7) == 7)
                    {
                        octets[i >> 3] = Octet(signed);
                    }
                }

                blockSum += Octet(octets);
            }

            sum += blockSum;
        }

        return sum;
    }

    /// <summary>(Xβ)_i for one sample, in the order of the remarks: octets of columns, one after the other; missing columns of the last one count as 0.</summary>
    /// <param name="columns">The packed columns.</param>
    /// <param name="words">Words a column.</param>
    /// <param name="coefficients">β, one a column.</param>
    /// <param name="sample">The sample i.</param>
    public static double Predict(ReadOnlySpan<ulong> columns, int words, ReadOnlySpan<double> coefficients, int sample)
    {
        Span<double> signed = stackalloc double[8];
        double sum = 0;
        for (int j = 0; j < coefficients.Length; j += 8)
        {
            for (int k = 0; k < 8; k++)
            {
                double value = j + k < coefficients.Length ? coefficients[j + k] : 0;
                bool minus = j + k < coefficients.Length && ((columns[((j + k) * words) + (sample >> 6)] >> (sample & 63)) & 1) != 0;
                signed[k] = minus ? -value : value;
            }

            sum += Octet(signed);
        }

        return sum;
    }

    /// <summary>The bits of a word that belong to the samples [first, end).</summary>
    public static ulong Within(int word, int first, int end)
    {
        long from = Math.Clamp(first - (64L * word), 0, 64), to = Math.Clamp(end - (64L * word), 0, 64);
        return from >= to ? 0 : (ulong.MaxValue >> (int)(64 - (to - from))) << (int)from;
    }

    private static double Octet(ReadOnlySpan<double> v) => (v[0] + v[1] + (v[2] + v[3])) + (v[4] + v[5] + (v[6] + v[7]));
}
