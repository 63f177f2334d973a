using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Histograms by 256-bit vectors, or by none: as <see cref="WideHistograms"/>, with four samples a table.</summary>
/// <remarks>
/// A table has the 16 sums of a subset of four levels u = g + 7, each at most 56, so four groups add up in bytes. A 256-bit vector holds two groups,
/// one in each 128-bit half, with their own tables. The nibbles come from the gathered rows by transposing 4 × 4 bits in two rounds of swaps: vector p has,
/// in byte k, feature 8k + p in the low nibble and 8k + 4 + p in the high one.
/// </remarks>
internal sealed unsafe class NibbleHistograms(BitRows rows) : NodeHistograms
{
    private const int GroupSamples = 4;
    private const int StepSamples = 32;

    // 4 · 60 samples of each half: a byte counts them; a multiple of 4 groups.
    private const int CountGroups = 60;

    private byte[] _tables = [];

    public override void Sum(byte* levels, int* indices, int count, int* sums, int* counts)
    {
        int features = rows.ChunkCount * BitRows.ChunkFeatures;
        new Span<int>(sums, features).Clear();
        new Span<int>(counts, features).Clear();
        if (!Avx2.IsSupported)
        {
            SumScalar(levels, indices, count, sums, counts);
            return;
        }

        int padded = (count + StepSamples - 1) / StepSamples * StepSamples;
        new Span<int>(indices + count, padded - count).Fill(rows.EmptyRow);
        int groups = padded / GroupSamples;
        if (_tables.Length < groups * 16)
        {
            _tables = GC.AllocateUninitializedArray<byte>((groups * 16 * 5 / 4) + 64, pinned: true);
        }

        byte* tables = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_tables));
        WriteTables(levels, indices, groups, tables);
        byte* nibbles = stackalloc byte[CountGroups * 128];
        for (int chunk = 0; chunk < rows.ChunkCount; chunk++)
        {
            int at = chunk * BitRows.ChunkFeatures;

            // Two halves take the groups of a block alternately, so a block is 2 · 60 groups.
            for (int start = 0; start < groups; start += 2 * CountGroups)
            {
                int pairs = Math.Min(2 * CountGroups, groups - start) / 2;
                GatherNibbles(rows.DangerousChunk(chunk), indices + (start * GroupSamples), pairs, nibbles);
                for (int p = 0; p < 4; p++)
                {
                    LookUp(nibbles + (32 * p), tables + (start * 16), pairs, p, sums + at, counts + at);
                }
            }
        }
    }

    private static void WriteTables(byte* levels, int* indices, int groups, byte* tables)
    {
        Vector128<byte> has0 = Vector128.Create(0xFF00FF00u).AsByte(), has1 = Vector128.Create(0xFFFF0000u).AsByte();
        Vector128<byte> has2 = Vector128.Create(0xFFFFFFFF00000000u).AsByte(), has3 = Vector128.Create(0ul, ulong.MaxValue).AsByte();
        for (int group = 0; group < groups; group++)
        {
            Vector128<byte> sums = ((Vector128.Create(levels[indices[0]]) & has0) + (Vector128.Create(levels[indices[1]]) & has1))
                + ((Vector128.Create(levels[indices[2]]) & has2) + (Vector128.Create(levels[indices[3]]) & has3));
            sums.Store(tables);
            indices += GroupSamples;
            tables += 16;
        }
    }

    private static void GatherNibbles(byte* chunk, int* indices, int pairs, byte* target)
    {
        Vector256<uint> odd = Vector256.Create(0x55555555u), two = Vector256.Create(0x33333333u);
        for (int pair = 0; pair < pairs; pair++)
        {
            Vector256<uint> a = Rows(chunk, indices[0], indices[4]), b = Rows(chunk, indices[1], indices[5]);
            Vector256<uint> c = Rows(chunk, indices[2], indices[6]), d = Rows(chunk, indices[3], indices[7]);
            Swap(ref a, ref b, 1, odd);
            Swap(ref c, ref d, 1, odd);
            Swap(ref a, ref c, 2, two);
            Swap(ref b, ref d, 2, two);
            a.Store((uint*)target);
            b.Store((uint*)(target + 32));
            c.Store((uint*)(target + 64));
            d.Store((uint*)(target + 96));
            indices += 2 * GroupSamples;
            target += 128;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rows(byte* chunk, int lower, int upper) =>
        Vector256.Create(Vector128.Load(chunk + ((long)lower * BitRows.BytesPerRow)), Vector128.Load(chunk + ((long)upper * BitRows.BytesPerRow))).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap(ref Vector256<uint> upper, ref Vector256<uint> lower, int shift, Vector256<uint> mask)
    {
        Vector256<uint> difference = ((upper >>> shift) ^ lower) & mask;
        lower ^= difference;
        upper ^= difference << shift;
    }

    /// <summary>One of the four nibble vectors of every pair of groups of a block: 32 features.</summary>
    private static void LookUp(byte* nibbles, byte* tables, int pairs, int p, int* sums, int* counts)
    {
        Vector256<byte> popcounts = Vector256.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<ushort> lowEven = default, lowOdd = default, highEven = default, highOdd = default;
        Vector256<byte> lowCount = default, highCount = default;
        for (int pair = 0; pair < pairs; pair += 4)
        {
            Vector256<byte> low = default, high = default;
            for (int k = 0; k < 4; k++)
            {
                Vector256<byte> both = Vector256.Load(nibbles), table = Vector256.Load(tables);
                Vector256<byte> first = both & nibble, second = (both.AsUInt16() >>> 4).AsByte() & nibble;
                low += Avx2.Shuffle(table, first);
                high += Avx2.Shuffle(table, second);
                lowCount += Avx2.Shuffle(popcounts, first);
                highCount += Avx2.Shuffle(popcounts, second);
                nibbles += 128;
                tables += 32;
            }

            // Odd bytes are shifted down; even bytes are got at the end as (all − odd·256), modulo 2^16.
            lowEven += low.AsUInt16();
            lowOdd += low.AsUInt16() >>> 8;
            highEven += high.AsUInt16();
            highOdd += high.AsUInt16() >>> 8;
        }

        Vector256<ushort> bytes = Vector256.Create((ushort)0xFF);
        Flush(lowEven - (lowOdd << 8), lowCount.AsUInt16() & bytes, sums + p, counts + p);
        Flush(lowOdd, lowCount.AsUInt16() >>> 8, sums + 8 + p, counts + 8 + p);
        Flush(highEven - (highOdd << 8), highCount.AsUInt16() & bytes, sums + 4 + p, counts + 4 + p);
        Flush(highOdd, highCount.AsUInt16() >>> 8, sums + 12 + p, counts + 12 + p);
    }

    /// <summary>Adds the sums of eight features, 16 apart, each in both halves.</summary>
    private static void Flush(Vector256<ushort> levels, Vector256<ushort> count, int* sums, int* counts)
    {
        Vector128<ushort> sum = levels.GetLower() + levels.GetUpper(), ones = count.GetLower() + count.GetUpper();
        for (int lane = 0; lane < 8; lane++)
        {
            sums[16 * lane] += sum[lane] - (BoostingArithmetic.DigitLimit * ones[lane]);
            counts[16 * lane] += ones[lane];
        }
    }

    private void SumScalar(byte* levels, int* indices, int count, int* sums, int* counts)
    {
        for (int chunk = 0; chunk < rows.ChunkCount; chunk++)
        {
            for (int i = 0; i < count; i++)
            {
                int gradient = levels[indices[i]] - BoostingArithmetic.DigitLimit;
                ulong* row = (ulong*)(rows.DangerousChunk(chunk) + ((long)indices[i] * BitRows.BytesPerRow));
                for (int word = 0; word < 2; word++)
                {
                    for (ulong bits = row[word]; bits != 0; bits &= bits - 1)
                    {
                        int at = (chunk * BitRows.ChunkFeatures) + (64 * word) + System.Numerics.BitOperations.TrailingZeroCount(bits);
                        sums[at] += gradient;
                        counts[at]++;
                    }
                }
            }
        }
    }
}
