using System.Numerics;
using Spex.Core.Masks;
using Spex.Core.SignMatrices;

namespace Spex.Engine.Devices.Cpu;

/// <content>Inner products of columns: exclusive or and popcount over tiles of columns that stay in the cache.</content>
internal sealed unsafe partial class CpuSignMatrix
{
    // Columns of the left side a task; their words and those of the right tile stay in the second-level cache.
    private const int LeftTile = 32;

    // Bytes of the right tile's columns, for the first-level cache.
    private const int RightTileBytes = 24 * 1024;

    public override void Gram(
        DeviceBuffer<ulong> columnsA, int countA, DeviceBuffer<ulong> columnsB, int countB, int sampleCount, ReadOnlySpan<int> boundaries, DeviceBuffer<int> differing)
    {
        CheckGram(columnsA, countA, columnsB, countB, sampleCount, boundaries, differing);
        int words = MaskMatrix.WordsFor(sampleCount);
        ulong* a = CpuDevice.Pointer(columnsA), b = CpuDevice.Pointer(columnsB);
        int* counts = CpuDevice.Pointer(differing);
        bool mirror = a == b && countA == countB;
        FoldWords[] folds = FoldWords.Of(boundaries);
        int rightTile = Math.Clamp(RightTileBytes / Math.Max(1, words * sizeof(ulong)) & ~3, 4, LeftTile);
        int leftTiles = (countA + LeftTile - 1) / LeftTile, rightTiles = (countB + rightTile - 1) / rightTile;
        device.For(leftTiles, tile =>
        {
            // The long rows of the half above the diagonal first, so that the last task is a short one.
            int firstA = tile * LeftTile, endA = Math.Min(countA, firstA + LeftTile);
            for (int right = mirror ? firstA / rightTile : 0; right < rightTiles; right++)
            {
                int firstB = right * rightTile, endB = Math.Min(countB, firstB + rightTile);
                for (int i = firstA; i < endA; i++)
                {
                    Row(a + ((long)i * words), b, words, firstB, endB, folds, counts + ((long)i * countB), (long)countA * countB);
                }
            }
        });

        if (mirror)
        {
            device.For(leftTiles, tile =>
            {
                int end = Math.Min(countA, (tile + 1) * LeftTile);
                for (int f = 0; f < folds.Length; f++)
                {
                    int* square = counts + ((long)f * countA * countA);
                    for (int i = tile * LeftTile; i < end; i++)
                    {
                        for (int j = 0; j < i; j++)
                        {
                            square[((long)i * countA) + j] = square[((long)j * countA) + i];
                        }
                    }
                }
            });
        }
    }

    // One column against columns [first, end), four at a time, for every fold.
    private static void Row(ulong* a, ulong* b, int words, int first, int end, FoldWords[] folds, int* counts, long foldStep)
    {
        int* four = stackalloc int[4];
        for (int j = first; j < end; j += 4)
        {
            // The last columns of a count that is no multiple of four stand in for the missing ones.
            int last = end - 1;
            ulong* b0 = b + ((long)j * words), b1 = b + ((long)Math.Min(j + 1, last) * words);
            ulong* b2 = b + ((long)Math.Min(j + 2, last) * words), b3 = b + ((long)Math.Min(j + 3, last) * words);
            int* target = counts + j;
            foreach (FoldWords fold in folds)
            {
                four[0] = four[1] = four[2] = four[3] = 0;
                fold.AddEdge(a, b0, b1, b2, b3, fold.Head, fold.HeadBits, four);
                fold.AddEdge(a, b0, b1, b2, b3, fold.Tail, fold.TailBits, four);
                SignCounts.Add4(a + fold.First, b0 + fold.First, b1 + fold.First, b2 + fold.First, b3 + fold.First, fold.Count, four);
                for (int k = 0; k < Math.Min(4, end - j); k++)
                {
                    target[k] = four[k];
                }

                target += foldStep;
            }
        }
    }

    /// <summary>A fold's samples as words: whole ones, and parts of one before and one after.</summary>
    private readonly record struct FoldWords(int Head, ulong HeadBits, int First, int Count, int Tail, ulong TailBits)
    {
        public static FoldWords[] Of(ReadOnlySpan<int> boundaries)
        {
            FoldWords[] folds = new FoldWords[boundaries.Length - 1];
            for (int f = 0; f < folds.Length; f++)
            {
                int start = boundaries[f], end = boundaries[f + 1];
                int head = start >> 6, tail = end >> 6;
                ulong headBits = SignMatrix.Within(head, start, end), tailBits = SignMatrix.Within(tail, start, end);
                int first = headBits == ulong.MaxValue ? head : head + 1;
                headBits = headBits == ulong.MaxValue ? 0 : headBits;
                tailBits = tail == head ? 0 : tailBits;
                folds[f] = new FoldWords(head, headBits, first, Math.Max(0, tail - first), tail, tailBits);
            }

            return folds;
        }

        public void AddEdge(ulong* a, ulong* b0, ulong* b1, ulong* b2, ulong* b3, int word, ulong bits, int* counts)
        {
            if (bits != 0)
            {
                counts[0] += BitOperations.PopCount((a[word] ^ b0[word]) & bits);
                counts[1] += BitOperations.PopCount((a[word] ^ b1[word]) & bits);
                counts[2] += BitOperations.PopCount((a[word] ^ b2[word]) & bits);
                counts[3] += BitOperations.PopCount((a[word] ^ b3[word]) & bits);
            }
        }
    }
}
