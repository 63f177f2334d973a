using Spex.Core.Masks;
using Spex.Core.Random;

namespace Spex.Core.Designs;

/// <summary>Uniformly random masks, all of them distinct: a sample without replacement of the 2^n masks.</summary>
/// <remarks>
/// <para>
/// The low k = min(n, 64) bits of mask i are π(i), where π is a keyed permutation of 0 … 2^k−1; so two indices never give the
/// same mask, and nothing has to be remembered to know it. The further bits come from Philox.
/// </para>
/// <para>
/// π is an alternating (unbalanced) Feistel network, which permutes any number of bits without walking cycles: with L the low
/// ⌊k/2⌋ bits and R the others, the <see cref="Rounds"/> rounds r = 0, 1, … do in turn
/// R ← R ⊕ top bits of F(L, key_r) (r even) and L ← L ⊕ top bits of F(R, key_r) (r odd), with
/// F(x, key) = h·C₂ mod 2^64, h = g ⊕ (g ≫ 32), g = (x ⊕ key)·C₁ mod 2^64. Key r is the Philox number
/// (seed, stream, 2^64−1−r). M. Luby and C. Rackoff, SIAM J. Computing 17 (1988), show that four rounds of a random function are
/// already indistinguishable from a random permutation; the four further rounds are for functions of few bits.
/// </para>
/// <para>Word w ≥ 1 of mask i is the Philox number (seed, stream, i·2B + w − 1) with B = ⌈(⌈n/64⌉ − 1)/2⌉ blocks a mask.</para>
/// </remarks>
public sealed partial class UniformDesign : MaskDesign
{
    /// <summary>Rounds of the permutation.</summary>
    public const int Rounds = 8;

    /// <summary>C₁ of the permutation's round function.</summary>
    public const ulong Multiplier1 = 0xFF51AFD7ED558CCD;

    /// <summary>C₂ of the permutation's round function.</summary>
    public const ulong Multiplier2 = 0xC4CEB9FE1A85EC53;

    private readonly ulong[] _keys;

    /// <summary>Makes the design.</summary>
    /// <param name="featureCount">Number of features n, 0 to <see cref="MaskMatrix.MaxFeatureCount"/>.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">The stream of the seed's numbers that belongs to this design; another stream gives other masks.</param>
    /// <param name="count">Number of masks, at most 2^n and 2^48.</param>
    /// <exception cref="ArgumentOutOfRangeException">More masks than there are, or n out of range.</exception>
    public UniformDesign(int featureCount, ulong seed, ulong stream, long count)
        : base(featureCount, count)
    {
        // 2^48 masks of 2^13 blocks keep i·2B below 2^64, clear of the keys' indices.
        long limit = featureCount < 48 ? 1L << featureCount : 1L << 48;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, limit);
        Seed = seed;
        Stream = stream;
        _keys = new ulong[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            _keys[round] = Philox.Bits(seed, stream, ulong.MaxValue - (ulong)round);
        }
    }

    /// <summary>The run's seed.</summary>
    public ulong Seed { get; }

    /// <summary>The stream of the seed's numbers.</summary>
    public ulong Stream { get; }

    /// <summary>The permutation's <see cref="Rounds"/> keys, for devices that generate the masks themselves.</summary>
    public ReadOnlySpan<ulong> Keys => _keys;

    /// <summary>π(i): the low min(n, 64) bits of mask <paramref name="index"/>.</summary>
    /// <param name="index">0 … 2^<paramref name="bits"/>−1.</param>
    /// <param name="bits">Number of bits k, 1 to 64.</param>
    /// <param name="keys">The rounds' keys.</param>
    public static ulong Permute(ulong index, int bits, ReadOnlySpan<ulong> keys)
    {
        int low = bits >> 1, high = bits - low;
        if (low == 0)
        {
            // One bit has two permutations: as it is, and flipped.
            return index ^ (keys[0] >> 63);
        }

        ulong left = index & ((1UL << low) - 1), right = index >> low;
        for (int round = 0; round < keys.Length; round += 2)
        {
            right ^= Mix(left, keys[round]) >> (64 - high);
            left ^= Mix(right, keys[round + 1]) >> (64 - low);
        }

        return left | (right << low);
    }

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (FeatureCount == 0)
        {
            return;
        }

        int words = MaskMatrix.WordsFor(FeatureCount);
        mask[0] = Permute((ulong)index, Math.Min(FeatureCount, 64), _keys);
        if (words == 1)
        {
            return;
        }

        ulong blocks = (ulong)(words >> 1);
        ulong first = (ulong)index * blocks;
        for (int word = 1; word < words; word += 2)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox.Block(Seed, Stream, first++);
            mask[word] = x0 | ((ulong)x1 << 32);
            if (word + 1 < words)
            {
                mask[word + 1] = x2 | ((ulong)x3 << 32);
            }
        }

        mask[words - 1] &= MaskMatrix.LastWordMask(FeatureCount);
    }

    private static ulong Mix(ulong x, ulong key)
    {
        ulong mixed = (x ^ key) * Multiplier1;
        mixed ^= mixed >> 32;
        return mixed * Multiplier2;
    }
}
