using System.Runtime.CompilerServices;
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
            for (; done + 16 <= numbers.Length; done += 16, block += 8)
            {
                EightBlocks(seed, stream, block, numbers.Slice(done, 16));
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
