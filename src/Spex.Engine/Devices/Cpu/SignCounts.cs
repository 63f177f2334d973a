using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Counts of differing bits of one column against four others at once.</summary>
internal static unsafe class SignCounts
{
    // Below this, setting up byte counters costs more than they save.
    private const int LeastVectorWords = 32;

    // A byte counter takes up to 8 a vector and holds 255.
    private const int VectorsBetweenFlushes = 31;

    /// <summary>Adds to counts[0..3] how many bits of <paramref name="words"/> words of a and of each b differ.</summary>
    public static void Add4(ulong* a, ulong* b0, ulong* b1, ulong* b2, ulong* b3, int words, int* counts)
    {
        int done = 0;
        if (Avx2.IsSupported && words >= LeastVectorWords)
        {
            done = words & ~3;
            AddVectors(a, b0, b1, b2, b3, done / 4, counts);
        }

        long c0 = 0, c1 = 0, c2 = 0, c3 = 0;
        for (int w = done; w < words; w++)
        {
            ulong x = a[w];
            c0 += BitOperations.PopCount(x ^ b0[w]);
            c1 += BitOperations.PopCount(x ^ b1[w]);
            c2 += BitOperations.PopCount(x ^ b2[w]);
            c3 += BitOperations.PopCount(x ^ b3[w]);
        }

        counts[0] += (int)c0;
        counts[1] += (int)c1;
        counts[2] += (int)c2;
        counts[3] += (int)c3;
    }

    // Counts of half bytes by a table in a register (Mula, Kurz and Lemire, "Faster population counts using AVX2 instructions", 2018).
    private static void AddVectors(ulong* a, ulong* b0, ulong* b1, ulong* b2, ulong* b3, int vectors, int* counts)
    {
        Vector256<byte> table = Vector256.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<long> total0 = default, total1 = default, total2 = default, total3 = default;
        for (int done = 0; done < vectors;)
        {
            int end = Math.Min(vectors, done + VectorsBetweenFlushes);
            Vector256<byte> c0 = default, c1 = default, c2 = default, c3 = default;
            for (; done < end; done++)
            {
                Vector256<byte> x = Vector256.Load((byte*)a + (32 * done));
                c0 += Count(x ^ Vector256.Load((byte*)b0 + (32 * done)), table, nibble);
                c1 += Count(x ^ Vector256.Load((byte*)b1 + (32 * done)), table, nibble);
                c2 += Count(x ^ Vector256.Load((byte*)b2 + (32 * done)), table, nibble);
                c3 += Count(x ^ Vector256.Load((byte*)b3 + (32 * done)), table, nibble);
            }

            total0 += Avx2.SumAbsoluteDifferences(c0, default).AsInt64();
            total1 += Avx2.SumAbsoluteDifferences(c1, default).AsInt64();
            total2 += Avx2.SumAbsoluteDifferences(c2, default).AsInt64();
            total3 += Avx2.SumAbsoluteDifferences(c3, default).AsInt64();
        }

        counts[0] += (int)Vector256.Sum(total0);
        counts[1] += (int)Vector256.Sum(total1);
        counts[2] += (int)Vector256.Sum(total2);
        counts[3] += (int)Vector256.Sum(total3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Count(Vector256<byte> bits, Vector256<byte> table, Vector256<byte> nibble) =>
        Avx2.Shuffle(table, bits & nibble) + Avx2.Shuffle(table, (bits.AsUInt16() >>> 4).AsByte() & nibble);
}
