using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu;

/// <content>Signed sums over samples and over columns, by tables (<see cref="SignTables"/>).</content>
internal sealed unsafe partial class CpuSignMatrix
{
    // Columns a thread takes at a time: enough to share the tables of 64 samples, few enough for their sums to stay in the first-level cache.
    private const int ColumnsPerTask = 1024;

    // From here on a table of 256 entries an octet is cheaper than two of 16, which take 16 lookups a word instead of 8.
    private const int ColumnsForOctetTables = 160;

    // Words read of a column at a time: a cache line.
    private const int LineWords = 8;

    // Rows of a prediction that a thread takes at a time: 16 KB of sums.
    private const int PredictionWords = 32;

    public override void Project(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums) =>
        Project<double>(columns, count, sampleCount, values, rightSides, boundaries, sums);

    public override void Project(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<float> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums) =>
        Project<float>(columns, count, sampleCount, values, rightSides, boundaries, sums);

    public override void Predict(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> coefficients, DeviceBuffer<double> predictions)
    {
        CheckPredict(columns, count, sampleCount, coefficients, predictions);
        int words = MaskMatrix.WordsFor(sampleCount);
        ulong* bits = CpuDevice.Pointer(columns);
        double* beta = CpuDevice.Pointer(coefficients), target = CpuDevice.Pointer(predictions);
        device.For((words + PredictionWords - 1) / PredictionWords, task =>
        {
            int firstWord = task * PredictionWords, endWord = Math.Min(words, firstWord + PredictionWords);
            double* sum = stackalloc double[PredictionWords * 64];
            new Span<double>(sum, PredictionWords * 64).Clear();
            double* octet = stackalloc double[8];
            double* table = stackalloc double[SignTables.OctetLength];
            byte* signs = stackalloc byte[64];
            for (int j = 0; j < count; j += 8)
            {
                int present = Math.Min(8, count - j);
                bool isZero = true;
                for (int k = 0; k < 8; k++)
                {
                    octet[k] = k < present ? beta[j + k] : 0;
                    isZero &= octet[k] == 0;
                }

                if (isZero)
                {
                    continue;
                }

                SignTables.WriteOctet(octet, table);
                double* row = sum;
                for (int word = firstWord; word < endWord; word++, row += 64)
                {
                    SignBytes(bits + ((long)j * words) + word, words, present, signs);
                    for (int i = 0; i < 64; i++)
                    {
                        row[i] += table[signs[i]];
                    }
                }
            }

            int rows = (int)Math.Min(64L * (endWord - firstWord), sampleCount - (64L * firstWord));
            new ReadOnlySpan<double>(sum, rows).CopyTo(new Span<double>(target + (64L * firstWord), rows));
        });
    }

    private void Project<T>(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<T> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums)
        where T : unmanaged
    {
        CheckProject(columns, count, sampleCount, values, rightSides, boundaries, sums);
        int words = MaskMatrix.WordsFor(sampleCount), foldCount = boundaries.Length - 1;
        ulong* bits = CpuDevice.Pointer(columns);
        T* r = CpuDevice.Pointer(values);
        double* target = CpuDevice.Pointer(sums);
        SignSegment[] segments = SignSegment.Of(boundaries);
        int perTask = Math.Clamp(((count + device.Threads - 1) / device.Threads + 63) & ~63, 64, ColumnsPerTask);
        int chunks = (count + perTask - 1) / perTask;

        // The sums of blocks, which are then added in order: by whom each was formed does not matter.
        long blockLength = (long)segments.Length * count;
        double* blocks = (double*)NativeMemory.Alloc((nuint)Math.Max(1, blockLength), sizeof(double));
        try
        {
            for (int k = 0; k < rightSides; k++)
            {
                T* side = r + ((long)k * sampleCount);
                double* folds = target + ((long)k * foldCount * count);
                device.For(chunks * segments.Length, task =>
                {
                    int segment = task / chunks, first = task % chunks * perTask, taken = Math.Min(perTask, count - first);
                    ProjectSegment(bits + ((long)first * words), words, taken, side, segments[segment], blocks + ((long)segment * count) + first);
                });
                device.For(chunks, chunk => AddBlocks(blocks, segments, count, chunk * perTask, Math.Min(count, (chunk + 1) * perTask), folds, foldCount));
            }
        }
        finally
        {
            NativeMemory.Free(blocks);
        }
    }

    private static void AddBlocks(double* blocks, SignSegment[] segments, int count, int first, int end, double* folds, int foldCount)
    {
        for (int f = 0; f < foldCount; f++)
        {
            new Span<double>(folds + ((long)f * count) + first, end - first).Clear();
        }

        for (int s = 0; s < segments.Length; s++)
        {
            double* target = folds + ((long)segments[s].Fold * count), source = blocks + ((long)s * count);
            for (int j = first; j < end; j++)
            {
                target[j] += source[j];
            }
        }
    }

    // The sums of one block of one fold for `count` columns.
    private static void ProjectSegment<T>(ulong* bits, int words, int count, T* values, SignSegment segment, double* sums)
        where T : unmanaged
    {
        bool byOctets = count >= ColumnsForOctetTables;
        int tableLength = byOctets ? SignTables.OctetLength : SignTables.HalvesLength;
        double* tables = stackalloc double[8 * SignTables.OctetLength];
        double* samples = stackalloc double[64];
        ulong* tile = (ulong*)NativeMemory.Alloc((nuint)(LineWords * count), sizeof(ulong));
        try
        {
            new Span<double>(sums, count).Clear();
            int endWord = (segment.End + 63) >> 6;
            for (int line = (segment.First >> 6) & ~(LineWords - 1); line < endWord; line += LineWords)
            {
                // Columns lie a power of two apart when N is one: read whole lines once, rather than fight over a few cache sets 64 samples at a time.
                int from = Math.Max(line, segment.First >> 6), to = Math.Min(line + LineWords, endWord);
                for (int j = 0; j < count; j++)
                {
                    for (int word = from; word < to; word++)
                    {
                        tile[((word - line) * count) + j] = bits[((long)j * words) + word];
                    }
                }

                for (int word = from; word < to; word++)
                {
                    LoadSamples(values, word * 64, segment.First, segment.End, samples);
                    for (int octet = 0; octet < 8; octet++)
                    {
                        if (byOctets)
                        {
                            SignTables.WriteOctet(samples + (8 * octet), tables + (octet * tableLength));
                        }
                        else
                        {
                            SignTables.WriteHalves(samples + (8 * octet), tables + (octet * tableLength));
                        }
                    }

                    ulong* signs = tile + ((long)(word - line) * count);
                    if (byOctets)
                    {
                        for (int j = 0; j < count; j++)
                        {
                            sums[j] += SignTables.SumByOctets(tables, signs[j]);
                        }
                    }
                    else
                    {
                        for (int j = 0; j < count; j++)
                        {
                            sums[j] += SignTables.SumByHalves(tables, signs[j]);
                        }
                    }
                }
            }
        }
        finally
        {
            NativeMemory.Free(tile);
        }
    }

    private static void LoadSamples<T>(T* values, int start, int first, int end, double* samples)
        where T : unmanaged
    {
        for (int i = 0; i < 64; i++)
        {
            int sample = start + i;
            samples[i] = sample < first || sample >= end ? 0 : typeof(T) == typeof(float) ? ((float*)values)[sample] : ((double*)values)[sample];
        }
    }

    /// <summary>Eight columns' words, 64 samples each, as eight bytes an octet of samples: byte k of octet p is the signs of column k at samples 8p … 8p+7.</summary>
    /// <param name="column">The word of the first column; those of the others follow, a column's length apart.</param>
    /// <param name="words">Words of a column.</param>
    /// <param name="present">Columns there are, 0 … 8; others count as 0.</param>
    /// <param name="bytes">Takes the octets.</param>
    /// <param name="stride">Bytes from one octet to the next.</param>
    internal static void ColumnBytes(ulong* column, int words, int present, byte* bytes, int stride)
    {
        (Vector256<ulong> a, Vector256<ulong> b) = ColumnBytes(column, words, present);
        for (int p = 0; p < 4; p++)
        {
            *(ulong*)(bytes + (p * stride)) = a.GetElement(p);
            *(ulong*)(bytes + ((p + 4) * stride)) = b.GetElement(p);
        }
    }

    // Eight columns' words, 64 samples each, as 64 bytes: bit k of byte i is the sign of column k at sample i.
    private static void SignBytes(ulong* column, int words, int present, byte* signs)
    {
        (Vector256<ulong> a, Vector256<ulong> b) = ColumnBytes(column, words, present);

        // After the bytes of the words the 8 × 8 bits of each word (Warren, Hacker's Delight, 2nd ed., §7-3).
        TransposeBytes(a).Store((ulong*)signs);
        TransposeBytes(b).Store((ulong*)signs + 4);
    }

    // Byte p of word k becomes byte k of word p, by swaps of 4, 2 and 1 bytes between words 4, 2 and 1 apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<ulong> Lower, Vector256<ulong> Upper) ColumnBytes(ulong* column, int words, int present)
    {
        ulong* w = stackalloc ulong[8];
        for (int k = 0; k < 8; k++)
        {
            w[k] = k < present ? column[(long)k * words] : 0;
        }

        Vector256<ulong> a = Vector256.Load(w), b = Vector256.Load(w + 4);
        Vector256<ulong> low = Vector256.Create(0x00000000FFFFFFFFUL);
        (a, b) = ((a & low) | (b << 32), (a >>> 32) | (b & ~low));
        a = SwapWithin(a, Vector256.Shuffle(a, Vector256.Create(2UL, 3, 0, 1)), 16, 0x0000FFFF0000FFFF, Vector256.Create(0, 0, ulong.MaxValue, ulong.MaxValue));
        b = SwapWithin(b, Vector256.Shuffle(b, Vector256.Create(2UL, 3, 0, 1)), 16, 0x0000FFFF0000FFFF, Vector256.Create(0, 0, ulong.MaxValue, ulong.MaxValue));
        a = SwapWithin(a, Vector256.Shuffle(a, Vector256.Create(1UL, 0, 3, 2)), 8, 0x00FF00FF00FF00FF, Vector256.Create(0, ulong.MaxValue, 0, ulong.MaxValue));
        b = SwapWithin(b, Vector256.Shuffle(b, Vector256.Create(1UL, 0, 3, 2)), 8, 0x00FF00FF00FF00FF, Vector256.Create(0, ulong.MaxValue, 0, ulong.MaxValue));
        return (a, b);
    }

    private static Vector256<ulong> SwapWithin(Vector256<ulong> words, Vector256<ulong> partners, int shift, ulong mask, Vector256<ulong> isUpper)
    {
        Vector256<ulong> low = Vector256.Create(mask);
        return Vector256.ConditionalSelect(
            isUpper,
            (words & ~low) | ((partners >>> shift) & low),
            (words & low) | ((partners & low) << shift));
    }

    private static Vector256<ulong> TransposeBytes(Vector256<ulong> x)
    {
        Vector256<ulong> t = (x ^ (x >>> 7)) & Vector256.Create(0x00AA00AA00AA00AAUL);
        x ^= t ^ (t << 7);
        t = (x ^ (x >>> 14)) & Vector256.Create(0x0000CCCC0000CCCCUL);
        x ^= t ^ (t << 14);
        t = (x ^ (x >>> 28)) & Vector256.Create(0x00000000F0F0F0F0UL);
        return x ^ t ^ (t << 28);
    }
}
