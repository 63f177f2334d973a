using System.Runtime.Intrinsics;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;

namespace Spex.Core.Games;

/// <summary>A game given by few terms, in the Fourier or the Möbius basis, with Gaussian noise where it is asked for.</summary>
/// <remarks>
/// Noise belongs to the mask: the same mask always gives the same value. With h₀ = n and h_{w+1} the low 64 bits of the Philox
/// block (seed, h_w, word w of the mask), the noise is noise_sd times the standard normal number (2^64 − 1 − seed, h_W, n).
/// </remarks>
public sealed class SparseGame : Game
{
    // 64 masks at a time: a term's parities of all of them are then one word.
    private const int Slice = 64;

    // The four signs of a nibble: bit l set puts the sign bit into lane l.
    private static readonly Vector256<ulong>[] NibbleSigns = MakeNibbleMasks(1UL << 63);

    // The four lanes of a nibble: bit l set keeps lane l.
    private static readonly Vector256<ulong>[] NibbleLanes = MakeNibbleMasks(ulong.MaxValue);

    private readonly SpectrumTerm[] _terms;
    private readonly double[] _coefficients;
    private readonly int[] _features;
    private readonly int[] _ends;
    private readonly int[] _usedWords;

    /// <summary>Makes the game.</summary>
    /// <param name="featureCount">Number of features n.</param>
    /// <param name="basis">What the terms stand for.</param>
    /// <param name="terms">The terms, in any order; each set once.</param>
    /// <param name="noiseStandardDeviation">Standard deviation of the noise, 0 for none, in the value's unit.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="featureNames">n names, or null.</param>
    /// <exception cref="SpexInputException">A set is given twice or has a feature out of range; a number is NaN or infinite; the noise is negative.</exception>
    public SparseGame(
        int featureCount,
        SparseBasis basis,
        IEnumerable<SpectrumTerm> terms,
        double noiseStandardDeviation = 0,
        ulong seed = 0,
        IReadOnlyList<string>? featureNames = null)
        : base(featureCount, featureNames)
    {
        ArgumentNullException.ThrowIfNull(terms);
        _terms = [.. terms];
        Array.Sort(_terms, static (a, b) => a.Set.CompareTo(b.Set));
        for (int i = 0; i < _terms.Length; i++)
        {
            FeatureSet set = _terms[i].Set;
            if (set.Count > 0 && set[^1] >= featureCount)
            {
                throw new SpexInputException($"The term {set} has feature {set[^1]}; with n = {featureCount} features they are 0 to {featureCount - 1}.");
            }

            if (i > 0 && set == _terms[i - 1].Set)
            {
                throw new SpexInputException($"The term {set} is given twice; give each set once, with the sum of its coefficients.");
            }

            Finite(_terms[i].Coefficient, $"The coefficient of {set}");
        }

        if (Finite(noiseStandardDeviation, "The noise's standard deviation") < 0)
        {
            throw new SpexInputException($"The noise's standard deviation is {noiseStandardDeviation}; it is 0 or more.");
        }

        Basis = basis;
        NoiseStandardDeviation = noiseStandardDeviation;
        Seed = seed;
        _coefficients = [.. _terms.Select(term => term.Coefficient)];
        _features = [.. _terms.SelectMany(term => term.Set)];
        _ends = new int[_terms.Length];
        for (int i = 0, end = 0; i < _terms.Length; i++)
        {
            _ends[i] = end += _terms[i].Set.Count;
        }

        _usedWords = [.. _features.Select(feature => feature >> 6).Distinct().Order()];
    }

    /// <summary>What the terms stand for.</summary>
    public SparseBasis Basis { get; }

    /// <summary>The terms, ordered by size, then lexicographically.</summary>
    public IReadOnlyList<SpectrumTerm> Terms => _terms;

    /// <summary>Standard deviation of the noise; 0 for none.</summary>
    public double NoiseStandardDeviation { get; }

    /// <summary>Seed of the noise.</summary>
    public ulong Seed { get; }

    /// <inheritdoc/>
    public override Game Noiseless => NoiseStandardDeviation == 0 ? this : new SparseGame(FeatureCount, Basis, _terms, 0, Seed, FeatureNames);

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<ulong> mask)
    {
        double sum = 0;
        int at = 0;
        for (int term = 0; term < _ends.Length; term++)
        {
            int end = _ends[term];
            double coefficient = _coefficients[term];
            if (Basis == SparseBasis.Fourier)
            {
                ulong parity = 0;
                for (; at < end; at++)
                {
                    parity ^= mask[_features[at] >> 6] >> _features[at];
                }

                sum += (parity & 1) == 0 ? coefficient : -coefficient;
            }
            else
            {
                ulong present = 1;
                for (; at < end; at++)
                {
                    present &= mask[_features[at] >> 6] >> _features[at];
                }

                sum += present != 0 ? coefficient : 0;
            }
        }

        return sum + Noise(mask);
    }

    /// <inheritdoc/>
    protected override void EvaluateMany(ReadOnlySpan<ulong> masks, Span<double> values)
    {
        int words = MaskMatrix.WordsFor(FeatureCount);
        ulong[] columns = new ulong[words * Slice];
        int row = 0;
        for (; row + Slice <= values.Length; row += Slice)
        {
            EvaluateSlice(masks.Slice(row * words, Slice * words), columns, values.Slice(row, Slice));
        }

        for (; row < values.Length; row++)
        {
            values[row] = Evaluate(masks.Slice(row * words, words));
        }
    }

    /// <inheritdoc/>
    private protected override void WriteContent(ContentWriter content)
    {
        content.Add(Basis.ToString());
        content.Add(_coefficients);
        foreach (SpectrumTerm term in _terms)
        {
            content.Add(term.Set.Count);
            foreach (int feature in term.Set.Features)
            {
                content.Add(feature);
            }
        }

        // Without noise the seed decides nothing.
        content.Add(NoiseStandardDeviation);
        content.Add(NoiseStandardDeviation == 0 ? 0 : unchecked((long)Seed));
    }

    private static Vector256<ulong>[] MakeNibbleMasks(ulong set)
    {
        Vector256<ulong>[] masks = new Vector256<ulong>[16];
        for (ulong nibble = 0; nibble < 16; nibble++)
        {
            masks[nibble] = Vector256.Create(
                (nibble & 1) != 0 ? set : 0, (nibble & 2) != 0 ? set : 0, (nibble & 4) != 0 ? set : 0, (nibble & 8) != 0 ? set : 0);
        }

        return masks;
    }

    private void EvaluateSlice(ReadOnlySpan<ulong> masks, Span<ulong> columns, Span<double> values)
    {
        // Column i holds feature i of the 64 masks, mask s at bit s.
        int words = masks.Length / Slice;
        foreach (int word in _usedWords)
        {
            Span<ulong> block = columns.Slice(word * Slice, Slice);
            for (int s = 0; s < Slice; s++)
            {
                block[s] = masks[(s * words) + word];
            }

            BitTranspose.Transpose64(block);
        }

        // Each mask adds its terms in the order of Evaluate, so the sums have the same bits.
        Span<Vector256<double>> sums = stackalloc Vector256<double>[Slice / 4];
        sums.Clear();
        ReadOnlySpan<Vector256<ulong>> nibbles = Basis == SparseBasis.Fourier ? NibbleSigns : NibbleLanes;
        int at = 0;
        for (int term = 0; term < _ends.Length; term++)
        {
            int end = _ends[term];
            Vector256<ulong> coefficient = Vector256.Create(_coefficients[term]).AsUInt64();
            if (Basis == SparseBasis.Fourier)
            {
                ulong parity = 0;
                for (; at < end; at++)
                {
                    parity ^= columns[_features[at]];
                }

                for (int j = 0; j < sums.Length; j++)
                {
                    sums[j] += (coefficient ^ nibbles[(int)(parity >> (4 * j)) & 15]).AsDouble();
                }
            }
            else
            {
                ulong present = ulong.MaxValue;
                for (; at < end; at++)
                {
                    present &= columns[_features[at]];
                }

                if (present == 0)
                {
                    continue;
                }

                for (int j = 0; j < sums.Length; j++)
                {
                    sums[j] += (coefficient & nibbles[(int)(present >> (4 * j)) & 15]).AsDouble();
                }
            }
        }

        for (int s = 0; s < Slice; s++)
        {
            values[s] = sums[s / 4][s % 4] + Noise(masks.Slice(s * words, words));
        }
    }

    private double Noise(ReadOnlySpan<ulong> mask)
    {
        if (NoiseStandardDeviation == 0)
        {
            return 0;
        }

        ulong chain = (ulong)FeatureCount;
        foreach (ulong word in mask)
        {
            (uint x0, uint x1, _, _) = Philox.Block(Seed, chain, word);
            chain = x0 | ((ulong)x1 << 32);
        }

        return NoiseStandardDeviation * Philox.Gaussian(~Seed, chain, (ulong)FeatureCount);
    }
}
