using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Masks;
using Spex.Core.Random;

namespace Spex.Core.Designs;

/// <content>Many masks at once, with the bits of <see cref="WriteMask"/>.</content>
public sealed partial class UniformDesign
{
    // Masks made at once: whole vectors of their permuted low words, and where numbers are moved no more words than stay in the first-level cache.
    private const int MostRows = 64;
    private const int MovedWords = 2048;

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
        int drawnWords = words >> 1 << 1;
        ulong first = (ulong)start * (ulong)drawnWords;
        ulong last = MaskMatrix.LastWordMask(FeatureCount);
        Span<ulong> low = stackalloc ulong[MostRows];
        int rowsAtOnce = Math.Clamp((drawnWords < words ? MovedWords : 8 * MovedWords) / drawnWords, 1, MostRows);
        rowsAtOnce -= rowsAtOnce > 32 ? rowsAtOnce % 32 : 0;
        for (int row = 0; row < count; row += rowsAtOnce)
        {
            int rows = Math.Min(rowsAtOnce, count - row);
            Span<ulong> target = masks.Slice(row * words, rows * words);
            PermuteMany((ulong)(start + row), 64, low[..rows]);
            if (drawnWords == words)
            {
                // Numbers lie as the words do, one word on: the one that a mask leaves falls on the next mask's low word, which is written after.
                Philox.Fill(Seed, Stream, first, target[1..]);
                for (int i = 0; i < rows; i++)
                {
                    target[i * words] = low[i];
                }
            }
            else
            {
                Philox.Fill(Seed, Stream, first, target[rows..]);
                Spread(low[..rows], drawnWords, target);
            }

            for (int at = words - 1; at < target.Length; at += words)
            {
                target[at] &= last;
            }

            first += (ulong)rows * (ulong)drawnWords;
        }
    }

    // From the numbers of all masks, at the end of where they go, to masks of a low word and drawnWords numbers each. Numbers only ever move down,
    // a vector at a time, whose last words may fall on the next mask, but not on its numbers as long as those are three words ahead of their place.
    private static void Spread(ReadOnlySpan<ulong> low, int drawnWords, Span<ulong> masks)
    {
        ref ulong from = ref Unsafe.Add(ref MemoryMarshal.GetReference(masks), low.Length), to = ref MemoryMarshal.GetReference(masks);
        int i = 0;
        for (; i < low.Length - 4; i++)
        {
            to = low[i];
            to = ref Unsafe.Add(ref to, 1);
            for (nuint at = 0; at < (nuint)drawnWords; at += (nuint)Vector256<ulong>.Count)
            {
                Vector256.LoadUnsafe(ref from, at).StoreUnsafe(ref to, at);
            }

            from = ref Unsafe.Add(ref from, drawnWords);
            to = ref Unsafe.Add(ref to, drawnWords);
        }

        for (; i < low.Length; i++)
        {
            Span<ulong> mask = masks.Slice(i * (drawnWords + 1), drawnWords + 1);
            mask[0] = low[i];
            masks.Slice(low.Length + (i * drawnWords), drawnWords).CopyTo(mask[1..]);
        }
    }

    // π of consecutive indices, four at a time in each of two vectors.
    private void PermuteMany(ulong first, int bits, Span<ulong> permuted)
    {
        int low = bits >> 1, high = bits - low, i = 0;
        if (low > 0 && Avx512DQ.IsSupported)
        {
            i = permuted.Length & ~31;
            PermuteBy32(first, low, high, permuted[..i]);
            if (permuted.Length - i > 2)
            {
                Span<ulong> whole = stackalloc ulong[32];
                PermuteBy32(first + (ulong)i, low, high, whole);
                whole[..(permuted.Length - i)].CopyTo(permuted[i..]);
                return;
            }
        }
        else if (low > 0)
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

    // Four vectors of eight at once, for a round's chain is long. Left and right are kept with the key that they meet next already added, so that
    // what a round adds and the exchange of keys are one instruction; the last one takes the two keys out that are left.
    private void PermuteBy32(ulong first, int low, int high, Span<ulong> permuted)
    {
        ref ulong to = ref MemoryMarshal.GetReference(permuted);
        Span<Vector512<ulong>> exchanges = stackalloc Vector512<ulong>[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            exchanges[round] = Vector512.Create(round == 0 ? 0 : round < Rounds - 1 ? _keys[round - 1] ^ _keys[round + 1] : _keys[Rounds - 2] ^ (_keys[Rounds - 1] << low));
        }

        ref Vector512<ulong> exchange = ref MemoryMarshal.GetReference(exchanges);
        Vector512<ulong> toRight = Vector512.Create((ulong)(64 - high)), toLeft = Vector512.Create((ulong)(64 - low)), lowBits = Vector512.Create((ulong)low);
        Vector512<ulong> lowMask = Vector512.Create((1UL << low) - 1), key0 = Vector512.Create(_keys[0]), key1 = Vector512.Create(_keys[1]);
        Vector512<ulong> index = Vector512.Create(first) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        for (nuint at = 0; at < (nuint)permuted.Length; at += 32)
        {
            Vector512<ulong> left = (index & lowMask) ^ key0, right = Avx512F.ShiftRightLogicalVariable(index, lowBits) ^ key1;
            index += Vector512.Create(8UL);
            Vector512<ulong> left2 = (index & lowMask) ^ key0, right2 = Avx512F.ShiftRightLogicalVariable(index, lowBits) ^ key1;
            index += Vector512.Create(8UL);
            Vector512<ulong> left3 = (index & lowMask) ^ key0, right3 = Avx512F.ShiftRightLogicalVariable(index, lowBits) ^ key1;
            index += Vector512.Create(8UL);
            Vector512<ulong> left4 = (index & lowMask) ^ key0, right4 = Avx512F.ShiftRightLogicalVariable(index, lowBits) ^ key1;
            index += Vector512.Create(8UL);
            for (nuint round = 0; round < Rounds; round += 2)
            {
                Vector512<ulong> even = Unsafe.Add(ref exchange, round), odd = Unsafe.Add(ref exchange, round + 1);
                right = Added(right, left, toRight, even);
                right2 = Added(right2, left2, toRight, even);
                right3 = Added(right3, left3, toRight, even);
                right4 = Added(right4, left4, toRight, even);
                left = Added(left, right, toLeft, odd);
                left2 = Added(left2, right2, toLeft, odd);
                left3 = Added(left3, right3, toLeft, odd);
                left4 = Added(left4, right4, toLeft, odd);
            }

            (left ^ Avx512F.ShiftLeftLogicalVariable(right, lowBits)).StoreUnsafe(ref to, at);
            (left2 ^ Avx512F.ShiftLeftLogicalVariable(right2, lowBits)).StoreUnsafe(ref to, at + 8);
            (left3 ^ Avx512F.ShiftLeftLogicalVariable(right3, lowBits)).StoreUnsafe(ref to, at + 16);
            (left4 ^ Avx512F.ShiftLeftLogicalVariable(right4, lowBits)).StoreUnsafe(ref to, at + 24);
        }
    }

    // target ⊕ (mix of a keyed half ≫ shift) ⊕ exchange, the exclusive or of three (0x96) in one instruction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Added(Vector512<ulong> target, Vector512<ulong> keyed, Vector512<ulong> shift, Vector512<ulong> exchange)
    {
        Vector512<ulong> mixed = keyed * Vector512.Create(Multiplier1);
        mixed ^= mixed >>> 32;
        mixed *= Vector512.Create(Multiplier2);
        return Avx512F.TernaryLogic(target, Avx512F.ShiftRightLogicalVariable(mixed, shift), exchange, 0x96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mix(Vector256<ulong> x, Vector256<ulong> key)
    {
        Vector256<ulong> mixed = (x ^ key) * Vector256.Create(Multiplier1);
        mixed ^= mixed >>> 32;
        return mixed * Vector256.Create(Multiplier2);
    }
}
