using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Spex.Core.Masks;
using Spex.Core.Random;

namespace Spex.Core.Designs;

/// <content>Many masks at once, with the bits of <see cref="WriteMask"/>.</content>
public sealed partial class UniformDesign
{
    // Philox numbers drawn at once: 8 KB, in the first-level cache beside the masks that take them.
    private const int Drawn = 1024;

    /// <inheritdoc/>
    public override void WriteMasks(long start, int count, Span<ulong> masks)
    {
        CheckRange(start, count);
        if (FeatureCount == 0)
        {
            return;
        }

        int words = MaskMatrix.WordsFor(FeatureCount);
        if (words == 1)
        {
            PermuteMany((ulong)start, FeatureCount, masks[..count]);
            return;
        }

        // A mask draws 2B numbers and leaves the last one when its words are even in number.
        int blocks = words >> 1;
        ulong first = (ulong)start * (ulong)blocks * 2;
        ulong last = MaskMatrix.LastWordMask(FeatureCount);
        Span<ulong> low = stackalloc ulong[64];
        Span<ulong> drawn = stackalloc ulong[2 * blocks <= Drawn ? Drawn / (2 * blocks) * 2 * blocks : 0];
        int rowsAtOnce = Math.Min(64, drawn.Length / (2 * blocks));
        for (int row = 0; row < count;)
        {
            if (rowsAtOnce == 0)
            {
                Span<ulong> mask = masks.Slice(row * words, words);
                mask[0] = Permute((ulong)(start + row), 64, _keys);
                Philox.Fill(Seed, Stream, first, mask[1..]);
                mask[^1] &= last;
                row++;
                first += 2 * (ulong)blocks;
                continue;
            }

            int rows = Math.Min(rowsAtOnce, count - row);
            PermuteMany((ulong)(start + row), 64, low[..rows]);
            Philox.Fill(Seed, Stream, first, drawn[..(rows * 2 * blocks)]);
            for (int i = 0; i < rows; i++)
            {
                Span<ulong> mask = masks.Slice((row + i) * words, words);
                mask[0] = low[i];
                drawn.Slice(i * 2 * blocks, words - 1).CopyTo(mask[1..]);
                mask[^1] &= last;
            }

            row += rows;
            first += (ulong)rows * (ulong)blocks * 2;
        }
    }

    // π of consecutive indices, four at a time in each of two vectors.
    private void PermuteMany(ulong first, int bits, Span<ulong> permuted)
    {
        int low = bits >> 1, high = bits - low, i = 0;
        if (low > 0)
        {
            Vector256<ulong> index = Vector256.Create(first) + Vector256.Create(0UL, 1, 2, 3);
            Vector256<ulong> lowMask = Vector256.Create((1UL << low) - 1);
            for (; i <= permuted.Length - 8; i += 8, index += Vector256.Create(8UL))
            {
                Vector256<ulong> index2 = index + Vector256.Create(4UL);
                Vector256<ulong> left = index & lowMask, right = index >>> low, left2 = index2 & lowMask, right2 = index2 >>> low;
                for (int round = 0; round < Rounds; round += 2)
                {
                    Vector256<ulong> even = Vector256.Create(_keys[round]), odd = Vector256.Create(_keys[round + 1]);
                    right ^= Mix(left, even) >>> (64 - high);
                    right2 ^= Mix(left2, even) >>> (64 - high);
                    left ^= Mix(right, odd) >>> (64 - low);
                    left2 ^= Mix(right2, odd) >>> (64 - low);
                }

                (left | (right << low)).CopyTo(permuted[i..]);
                (left2 | (right2 << low)).CopyTo(permuted[(i + 4)..]);
            }
        }

        for (; i < permuted.Length; i++)
        {
            permuted[i] = Permute(first + (ulong)i, bits, _keys);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mix(Vector256<ulong> x, Vector256<ulong> key)
    {
        Vector256<ulong> mixed = (x ^ key) * Vector256.Create(Multiplier1);
        mixed ^= mixed >>> 32;
        return mixed * Vector256.Create(Multiplier2);
    }
}
