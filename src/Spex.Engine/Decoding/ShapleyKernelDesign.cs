using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;

namespace Spex.Engine.Decoding;

/// <summary>
/// The masks of KernelSHAP (Lundberg and Lee, 2017): sizes by the Shapley kernel, masks paired with their complements, sizes complete as far as the budget carries
/// them, no mask twice.
/// </summary>
/// <remarks>
/// <para>
/// The kernel gives the masks of s of n features together the share κ(s) ∝ 1/(s(n−s)), 0 &lt; s &lt; n. The two corners come first. Then, from s = 1 up, all masks with s and n−s
/// features, as long as the budget's share for them is at least their number. The rest of the budget goes to the sizes between by their shares, rounded by systematic
/// sampling, and within a size to uniformly random masks, each with its complement.
/// </para>
/// <para>A mask of a complete size weighs κ(s)/C(n, s) in a regression, each of the others an equal part of what is left of the kernel.</para>
/// </remarks>
internal sealed class ShapleyKernelDesign : MaskDesign
{
    /// <summary>The most masks; beyond them the explainer's uniform masks are as good.</summary>
    public const int MostMasks = 1 << 22;

    // The seed's numbers that choose sizes and masks.
    private const ulong SizeStream = 0x7368_6170_0000;
    private const ulong MaskStream = 0x7368_6170_0001;

    private readonly MaskMatrix _masks;
    private readonly double[] _weights;

    private ShapleyKernelDesign(MaskMatrix masks, double[] weights)
        : base(masks.FeatureCount, masks.RowCount) => (_masks, _weights) = (masks, weights);

    /// <summary>Makes the design.</summary>
    /// <param name="featureCount">n, 1 or more.</param>
    /// <param name="budget">The most masks, 2 or more; up to <see cref="MostMasks"/> and 2^n are made.</param>
    /// <param name="seed">The run's seed.</param>
    public static ShapleyKernelDesign Create(int featureCount, long budget, ulong seed) => new Maker(featureCount, (int)Math.Min(budget, MostMasks), seed).Make();

    /// <summary>The weight of a mask with so many features; 0 for the corners, which bind the regression instead.</summary>
    public double WeightOf(int size) => _weights[size];

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask) => _masks.Row(checked((int)index)).CopyTo(mask);

    /// <summary>The making of one design.</summary>
    private sealed class Maker
    {
        private readonly int _n;
        private readonly int _budget;
        private readonly ulong _seed;
        private readonly MaskLookup _masks;
        private readonly double[] _weights;
        private readonly ulong[] _mask;
        private readonly int[] _features;
        private ulong _drawn;

        public Maker(int featureCount, int budget, ulong seed)
        {
            (_n, _budget, _seed) = (featureCount, budget, seed);
            _masks = new MaskLookup(featureCount);
            _weights = new double[featureCount + 1];
            _mask = new ulong[MaskMatrix.WordsFor(featureCount)];
            _features = [.. Enumerable.Range(0, featureCount)];
        }

        private int Left => _budget - _masks.Count;

        public ShapleyKernelDesign Make()
        {
            AddWithComplement([]);
            double[] shares = new double[(_n / 2) + 1], numbers = new double[shares.Length];
            double binomial = 1, all = 0;
            for (int s = 1; s < shares.Length; s++)
            {
                // A size and its complement's are one, and at half of n are the same.
                binomial = binomial * (_n - s + 1) / s;
                bool half = 2 * s == _n;
                shares[s] = (half ? 1.0 : 2.0) / ((double)s * (_n - s));
                numbers[s] = half ? binomial : 2 * binomial;
                all += shares[s];
            }

            int size = 1;
            double left = all;
            for (; size < shares.Length && Left >= numbers[size] && Left * shares[size] >= (numbers[size] - 1e-6) * left; size++)
            {
                foreach (int[] set in Combinations(_n, size))
                {
                    AddWithComplement(set);
                }

                _weights[size] = _weights[_n - size] = shares[size] / all / numbers[size];
                left -= shares[size];
            }

            int complete = _masks.Count;
            Sample(size, shares, numbers);
            int sampled = _masks.Count - complete;
            for (int s = size; s < shares.Length; s++)
            {
                _weights[s] = _weights[_n - s] = sampled == 0 ? 0 : shares[size..].Sum() / all / sampled;
            }

            return new ShapleyKernelDesign(_masks.ToMatrix(), _weights);
        }

        private static IEnumerable<int[]> Combinations(int count, int size)
        {
            int[] chosen = [.. Enumerable.Range(0, size)];
            while (true)
            {
                yield return chosen;
                int at = size - 1;
                while (at >= 0 && chosen[at] == count - size + at)
                {
                    at--;
                }

                if (at < 0)
                {
                    yield break;
                }

                chosen[at]++;
                for (int next = at + 1; next < size; next++)
                {
                    chosen[next] = chosen[next - 1] + 1;
                }
            }
        }

        /// <summary>Shares the rest of the budget among the sizes from <paramref name="first"/> on.</summary>
        private void Sample(int first, double[] shares, double[] numbers)
        {
            // Pairs of complements; an odd budget takes one half of its last pair.
            int pairs = (Left + 1) / 2, given = 0;
            double all = shares[first..].Sum(), sum = Philox.Uniform(_seed, SizeStream, 0);
            long[] wanted = new long[shares.Length];
            for (int s = first; s < shares.Length; s++)
            {
                sum += pairs * shares[s] / all;
                int until = s == shares.Length - 1 ? pairs : Math.Min(pairs, (int)sum);
                wanted[s] = (long)Math.Min(until - given, Math.Round(numbers[s] / 2));
                given += (int)wanted[s];
            }

            // What rounding could not place goes to the sizes that have most masks.
            for (int s = shares.Length - 1; s >= first && given < pairs; s--)
            {
                int more = (int)Math.Min(pairs - given, Math.Round(numbers[s] / 2) - wanted[s]);
                wanted[s] += more;
                given += more;
            }

            for (int s = first; s < shares.Length; s++)
            {
                SampleSize(s, wanted[s], numbers[s] / 2);
            }
        }

        private void SampleSize(int size, long wanted, double pairs)
        {
            if (pairs <= 2.0 * wanted)
            {
                // Most of them: a shuffled list rather than one rejection after the other.
                List<int[]> sets = [];
                foreach (int[] set in Combinations(_n, size))
                {
                    // At half of n a set and its complement are one pair, told by the first feature.
                    if (2 * size != _n || set[0] == 0)
                    {
                        sets.Add([.. set]);
                    }
                }

                for (int i = 0; i < wanted; i++)
                {
                    int j = i + Philox.Below(_seed, MaskStream, _drawn++, sets.Count - i);
                    (sets[i], sets[j]) = (sets[j], sets[i]);
                    AddWithComplement(sets[i]);
                }

                return;
            }

            for (long found = 0; found < wanted;)
            {
                for (int i = 0; i < size; i++)
                {
                    int j = i + Philox.Below(_seed, MaskStream, _drawn++, _n - i);
                    (_features[i], _features[j]) = (_features[j], _features[i]);
                }

                found += AddWithComplement(_features.AsSpan(0, size)) ? 1 : 0;
            }
        }

        /// <summary>Adds a set and its complement, as far as the budget carries them; whether the set was new.</summary>
        private bool AddWithComplement(ReadOnlySpan<int> set)
        {
            Array.Clear(_mask);
            foreach (int feature in set)
            {
                _mask[feature >> 6] |= 1UL << (feature & 63);
            }

            bool added = false;
            if (Left > 0)
            {
                _masks.Add(_mask, out added);
            }

            if (added && Left > 0)
            {
                for (int word = 0; word < _mask.Length; word++)
                {
                    _mask[word] = ~_mask[word];
                }

                _mask[^1] &= MaskMatrix.LastWordMask(_n);
                _masks.Add(_mask, out _);
            }

            return added;
        }
    }
}
