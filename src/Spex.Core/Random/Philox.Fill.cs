using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Spex.Core.Random;

/// <content>Many numbers of a stream at once.</content>
public static partial class Philox
{
    /// <summary>Writes numbers first, first + 1, … of a stream: what <see cref="Bits"/> gives one by one.</summary>
    public static void Fill(ulong seed, ulong stream, ulong first, Span<ulong> numbers)
    {
        if ((first & 1) != 0 && numbers.Length > 0)
        {
            numbers[0] = Bits(seed, stream, first++);
            numbers = numbers[1..];
        }

        ulong block = first >> 1;
        int done = 0;
        if (Avx512F.IsSupported)
        {
            (done, block) = ManyBlocks(seed, stream, block, numbers);
            for (; done + 16 <= numbers.Length; done += 16, block += 8)
            {
                EightBlocks(seed, stream, block, numbers.Slice(done, 16));
            }

            // What is left costs less as a whole vector, of which a part is taken, than block by block.
            if (numbers.Length - done > 2)
            {
                Span<ulong> whole = stackalloc ulong[16];
                EightBlocks(seed, stream, block, whole);
                whole[..(numbers.Length - done)].CopyTo(numbers[done..]);
                return;
            }
        }
        else if (Avx2.IsSupported)
        {
            for (; done + 16 <= numbers.Length; done += 16, block += 8)
            {
                TwiceFourBlocks(seed, stream, block, numbers.Slice(done, 16));
            }
        }

        for (; done < numbers.Length; done += 2, block++)
        {
            (uint x0, uint x1, uint x2, uint x3) = Block(seed, stream, block);
            numbers[done] = x0 | ((ulong)x1 << 32);
            if (done + 1 < numbers.Length)
            {
                numbers[done + 1] = x2 | ((ulong)x3 << 32);
            }
        }
    }

    // A block a 64-bit lane, of which only the low half counts: vpmuludq ignores the high half. With p and q the products of a round
    // (p of multiplier 0 and word 0, q of multiplier 1 and word 2), the next round's words are
    // 0: high(q) ⊕ low(previous q) ⊕ key 0, 1: low(q), 2: high(p) ⊕ low(previous p) ⊕ key 1, 3: low(p): so eight instructions a round.
    private static void TwiceFourBlocks(ulong seed, ulong stream, ulong block, Span<ulong> numbers)
    {
        Vector256<ulong> multiplier0 = Vector256.Create((ulong)Multiplier0), multiplier1 = Vector256.Create((ulong)Multiplier1);
        Vector256<ulong> index = Vector256.Create(block) + Vector256.Create(0UL, 1, 2, 3), index2 = index + Vector256.Create(4UL);
        Vector256<ulong> a = index, a2 = index2;
        Vector256<ulong> q = index >>> 32, q2 = index2 >>> 32;
        Vector256<ulong> c = Vector256.Create(stream), c2 = c;
        Vector256<ulong> p = c >>> 32, p2 = p;
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            Vector256<ulong> key0 = Vector256.Create((ulong)k0), key1 = Vector256.Create((ulong)k1);
            Vector256<ulong> nextP = Avx2.Multiply(a.AsUInt32(), multiplier0.AsUInt32()), nextQ = Avx2.Multiply(c.AsUInt32(), multiplier1.AsUInt32());
            Vector256<ulong> nextP2 = Avx2.Multiply(a2.AsUInt32(), multiplier0.AsUInt32()), nextQ2 = Avx2.Multiply(c2.AsUInt32(), multiplier1.AsUInt32());
            a = (nextQ >>> 32) ^ (q ^ key0);
            a2 = (nextQ2 >>> 32) ^ (q2 ^ key0);
            c = (nextP >>> 32) ^ (p ^ key1);
            c2 = (nextP2 >>> 32) ^ (p2 ^ key1);
            (p, q, p2, q2) = (nextP, nextQ, nextP2, nextQ2);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        Write(a, q, c, p, numbers);
        Write(a2, q2, c2, p2, numbers[8..]);
    }

    // Number 2b is words 0 and 1 of block b, number 2b + 1 is words 2 and 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(Vector256<ulong> a, Vector256<ulong> q, Vector256<ulong> c, Vector256<ulong> p, Span<ulong> numbers)
    {
        Vector256<ulong> even = Avx2.Blend(a.AsUInt32(), (q << 32).AsUInt32(), 0b10101010).AsUInt64();
        Vector256<ulong> odd = Avx2.Blend(c.AsUInt32(), (p << 32).AsUInt32(), 0b10101010).AsUInt64();
        Vector256<ulong> low = Avx2.UnpackLow(even, odd), high = Avx2.UnpackHigh(even, odd);
        Avx2.Permute2x128(low, high, 0x20).CopyTo(numbers);
        Avx2.Permute2x128(low, high, 0x31).CopyTo(numbers[4..]);
    }

    // Blocks by sixteens, as TwiceFourBlocks with eight lanes in each of two vectors; returns the numbers written and the next block.
    // The words that all blocks share (the index's high half, the stream) go through the first rounds as scalars: with P and Q a round's
    // products, round 0 has P alone in lanes, and adds 16·multiplier 0 to it from one step to the next; round 1 has Q alone. So a step is
    // 61 instructions for each 128 bytes, two of 256 bits each on a processor of four such pipes: 30 cycles there.
    private static (int Done, ulong Block) ManyBlocks(ulong seed, ulong stream, ulong block, Span<ulong> numbers)
    {
        int done = 0;
        Span<Vector512<ulong>> keys = stackalloc Vector512<ulong>[20];
        while (done + 32 <= numbers.Length)
        {
            // As far as the index's high half stays the same.
            ulong left = (1UL << 32) - (uint)block;
            int steps = (int)Math.Min((ulong)(numbers.Length - done) / 32, left / 16);
            if (steps == 0)
            {
                EightBlocks(seed, stream, block, numbers.Slice(done, 16));
                EightBlocks(seed, stream, block + 8, numbers.Slice(done + 16, 16));
                done += 32;
                block += 16;
                continue;
            }

            uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
            ulong sharedQ = (ulong)Multiplier1 * (uint)stream;
            ulong sharedP = (ulong)Multiplier0 * ((uint)(sharedQ >> 32) ^ (uint)(block >> 32) ^ k0);
            keys[0] = Vector512.Create((ulong)((uint)(stream >> 32) ^ k1));
            keys[2] = Vector512.Create((ulong)((uint)sharedQ ^ (k0 + Weyl0)));
            keys[3] = Vector512.Create((sharedP >> 32) ^ (k1 + Weyl1));
            for (int round = 2; round < 10; round++)
            {
                keys[2 * round] = Vector512.Create((ulong)(k0 + ((uint)round * Weyl0)));
                keys[(2 * round) + 1] = Vector512.Create((ulong)(k1 + ((uint)round * Weyl1)));
            }

            keys[5] ^= Vector512.Create((ulong)(uint)sharedP);
            StepBlocks(keys, (uint)block, numbers.Slice(done, 32 * steps));
            done += 32 * steps;
            block += 16 * (ulong)steps;
        }

        return (done, block);
    }

    private static void StepBlocks(ReadOnlySpan<Vector512<ulong>> keys, uint block, Span<ulong> numbers)
    {
        ref Vector512<ulong> key = ref MemoryMarshal.GetReference(keys);
        ref ulong to = ref MemoryMarshal.GetReference(numbers);
        Vector512<uint> multiplier0 = Vector512.Create((ulong)Multiplier0).AsUInt32(), multiplier1 = Vector512.Create((ulong)Multiplier1).AsUInt32();
        Vector512<ulong> low32 = Vector512.Create(0xFFFFFFFFUL), stride = Vector512.Create(16UL * Multiplier0);

        // Even lanes hold blocks 0 to 3 and odd lanes 4 to 7, for that is how the last step's unpacking takes them apart.
        Vector512<ulong> first = Avx512F.Multiply((Vector512.Create((ulong)block) + Vector512.Create(0UL, 4, 1, 5, 2, 6, 3, 7)).AsUInt32(), multiplier0);
        Vector512<ulong> first2 = first + Vector512.Create(8UL * Multiplier0);
        for (nuint at = 0; at < (nuint)numbers.Length; at += 32, first += stride, first2 += stride)
        {
            // Round 0 leaves c in lanes, round 1 then a, c and q.
            Vector512<ulong> key0 = key, key1;
            Vector512<ulong> q = Avx512F.Multiply((High(first) ^ key0).AsUInt32(), multiplier1);
            Vector512<ulong> q2 = Avx512F.Multiply((High(first2) ^ key0).AsUInt32(), multiplier1);
            key0 = Unsafe.Add(ref key, 2);
            key1 = Unsafe.Add(ref key, 3);
            Vector512<ulong> a = High(q) ^ key0, a2 = High(q2) ^ key0, c = first ^ key1, c2 = first2 ^ key1;

            // Round 2 has p in its key.
            key0 = Unsafe.Add(ref key, 4);
            key1 = Unsafe.Add(ref key, 5);
            Vector512<ulong> p = Avx512F.Multiply(a.AsUInt32(), multiplier0), p2 = Avx512F.Multiply(a2.AsUInt32(), multiplier0);
            Vector512<ulong> nextQ = Avx512F.Multiply(c.AsUInt32(), multiplier1), nextQ2 = Avx512F.Multiply(c2.AsUInt32(), multiplier1);
            a = Xor(High(nextQ), q, key0);
            a2 = Xor(High(nextQ2), q2, key0);
            c = High(p) ^ key1;
            c2 = High(p2) ^ key1;
            q = nextQ;
            q2 = nextQ2;
            Vector512<ulong> nextP, nextP2;
            for (nuint round = 6; round < 18; round += 2)
            {
                key0 = Unsafe.Add(ref key, round);
                key1 = Unsafe.Add(ref key, round + 1);
                nextP = Avx512F.Multiply(a.AsUInt32(), multiplier0);
                nextP2 = Avx512F.Multiply(a2.AsUInt32(), multiplier0);
                nextQ = Avx512F.Multiply(c.AsUInt32(), multiplier1);
                nextQ2 = Avx512F.Multiply(c2.AsUInt32(), multiplier1);
                a = Xor(High(nextQ), q, key0);
                a2 = Xor(High(nextQ2), q2, key0);
                c = Xor(High(nextP), p, key1);
                c2 = Xor(High(nextP2), p2, key1);
                (p, q, p2, q2) = (nextP, nextQ, nextP2, nextQ2);
            }

            // The last round: a product's halves change places, and what the word of its high half takes in is masked to the low half.
            key0 = Unsafe.Add(ref key, 18);
            key1 = Unsafe.Add(ref key, 19);
            Vector512<ulong> even = Swapped(Avx512F.Multiply(c.AsUInt32(), multiplier1), q, low32, key0);
            Vector512<ulong> odd = Swapped(Avx512F.Multiply(a.AsUInt32(), multiplier0), p, low32, key1);
            Vector512<ulong> even2 = Swapped(Avx512F.Multiply(c2.AsUInt32(), multiplier1), q2, low32, key0);
            Vector512<ulong> odd2 = Swapped(Avx512F.Multiply(a2.AsUInt32(), multiplier0), p2, low32, key1);
            Avx512F.UnpackLow(even, odd).StoreUnsafe(ref to, at);
            Avx512F.UnpackHigh(even, odd).StoreUnsafe(ref to, at + 8);
            Avx512F.UnpackLow(even2, odd2).StoreUnsafe(ref to, at + 16);
            Avx512F.UnpackHigh(even2, odd2).StoreUnsafe(ref to, at + 24);
        }
    }

    // The high halves in the low ones' places, what is above them of no use: processors have more units for it than for shifts.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> High(Vector512<ulong> product) => Avx512F.Shuffle(product.AsUInt32(), 0b10110001).AsUInt64();

    // One instruction: 0x96 is the exclusive or of three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Xor(Vector512<ulong> x, Vector512<ulong> y, Vector512<ulong> z) => Avx512F.TernaryLogic(x, y, z, 0x96);

    // (product with its halves exchanged) ⊕ (previous ∧ low32) ⊕ key; 0x6A is (x ∧ y) ⊕ z.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Swapped(Vector512<ulong> product, Vector512<ulong> previous, Vector512<ulong> low32, Vector512<ulong> key) =>
        Avx512F.Shuffle(product.AsUInt32(), 0b10110001).AsUInt64() ^ Avx512F.TernaryLogic(previous, low32, key, 0x6A);

    // As TwiceFourBlocks, eight lanes wide.
    private static void EightBlocks(ulong seed, ulong stream, ulong block, Span<ulong> numbers)
    {
        Vector512<ulong> multiplier0 = Vector512.Create((ulong)Multiplier0), multiplier1 = Vector512.Create((ulong)Multiplier1);
        Vector512<ulong> a = Vector512.Create(block) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        Vector512<ulong> q = a >>> 32, c = Vector512.Create(stream), p = c >>> 32;
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            Vector512<ulong> nextP = Avx512F.Multiply(a.AsUInt32(), multiplier0.AsUInt32()), nextQ = Avx512F.Multiply(c.AsUInt32(), multiplier1.AsUInt32());
            a = (nextQ >>> 32) ^ q ^ Vector512.Create((ulong)k0);
            c = (nextP >>> 32) ^ p ^ Vector512.Create((ulong)k1);
            (p, q) = (nextP, nextQ);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        Vector512<ulong> low32 = Vector512.Create(0xFFFFFFFFUL);
        Vector512<ulong> even = (a & low32) | (q << 32), odd = (c & low32) | (p << 32);
        Avx512F.PermuteVar8x64x2(even, Vector512.Create(0UL, 8, 1, 9, 2, 10, 3, 11), odd).CopyTo(numbers);
        Avx512F.PermuteVar8x64x2(even, Vector512.Create(4UL, 12, 5, 13, 6, 14, 7, 15), odd).CopyTo(numbers[8..]);
    }
}
