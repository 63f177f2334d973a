using ILGPU;

namespace Spex.Kernels;

/// <summary>The matrix X of Fourier characters, X_ij = (−1)^{|S_j ∩ m_i|}, as packed bit columns: its columns, XᵀX, Xᵀr and Xβ.</summary>
/// <remarks>
/// <para>Layout: a column is W = ⌈N/64⌉ words, 1 where X_ij = −1, zero beyond sample N − 1; columns one after the other. Folds are ranges of samples.</para>
/// <para>
/// Order of the additions, which the scalar reference documents: eight consecutive samples as ((0+1)+(2+3))+((4+5)+(6+7)), the eight octets of a word likewise, the words of a block of
/// 4,096 samples one after the other, the blocks one after the other; over columns the octets one after the other. No product is formed, so nothing can be contracted: the same bits
/// on every device. Counts are integers.
/// </para>
/// <para>Launch and bytes: at each kernel. No atomics.</para>
/// </remarks>
public static class SignMatrixKernels
{
    /// <summary>Words of a column that <see cref="Gram"/> stages at a time.</summary>
    public const int GramWords = 8;

    /// <summary>The most units a side of a tile of <see cref="Gram"/>; a unit is 4 × 4 pairs.</summary>
    public const int MostGramUnits = 16;

    /// <summary>Columns of a tile of the projections: a warp's.</summary>
    public const int ProjectColumns = 32;

    // Words of a block of 4,096 samples.
    private const int BlockWords = 64;

    // The columns of a tile and one more, so that words of a column lie in different banks.
    private const int GramStride = (4 * MostGramUnits) + 1;

    /// <summary>
    /// Columns of sets: the exclusive or of their features' mask columns. Launch: any; a thread a word. Moved: 8·(|S| + 1) bytes a word, coalesced.
    /// </summary>
    /// <param name="maskColumns">n × W words.</param>
    /// <param name="offsets">count + 1 ascending offsets into <paramref name="features"/>.</param>
    /// <param name="features">The sets' features.</param>
    /// <param name="columns">count × W words.</param>
    /// <param name="words">W.</param>
    /// <param name="count">Number of sets.</param>
    public static void Columns(ArrayView<ulong> maskColumns, ArrayView<int> offsets, ArrayView<int> features, ArrayView<ulong> columns, int words, int count)
    {
        for (long item = Items.First; item < (long)count * words; item += Items.Step)
        {
            long set = Items.Divide(item, words), word = item - (set * words);
            ulong parity = 0;
            for (int at = offsets[set]; at < offsets[set + 1]; at++)
            {
                parity ^= maskColumns[((long)features[at] * words) + word];
            }

            columns[item] = parity;
        }
    }

    /// <summary>
    /// Samples in which two columns differ, for every function's fold and pair: differing[(f·countA + a)·countB + b]. Launch: one group a tile of (4·Units)² pairs and fold, any group size
    /// (Units² threads are best): <see cref="GramShape.Tiles"/> groups. Each thread keeps 16 counts in registers; a word of a tile is read from memory once and
    /// from shared memory twice for 16 exclusive ors and popcounts. Moved: 8·W·(countA·⌈countB/(4·Units)⌉ + …) bytes, half of it where both sides are the same.
    /// </summary>
    /// <param name="columnsA">Functions × countA × W words.</param>
    /// <param name="columnsB">Functions × right stride × W words.</param>
    /// <param name="boundaries">The folds' F + 1 boundaries.</param>
    /// <param name="differing">Functions × F × countA × countB counts.</param>
    /// <param name="shape">The sizes.</param>
    public static void Gram(ArrayView<ulong> columnsA, ArrayView<ulong> columnsB, ArrayView<int> boundaries, ArrayView<int> differing, GramShape shape)
    {
        ArrayView<ulong> a = SharedMemory.Allocate<ulong>(GramWords * GramStride), b = SharedMemory.Allocate<ulong>(GramWords * GramStride);
        int side = 4 * shape.Units, tilesA = (shape.CountA + side - 1) / side, tilesB = (shape.CountB + side - 1) / side;
        int tileB = Grid.IdxX % tilesB, rest = Grid.IdxX / tilesB, tileA = rest % tilesA, square = rest / tilesA, folds = boundaries.IntLength - 1, fold = square % folds;
        long function = square / folds;
        ArrayView<ulong> left = columnsA.SubView(function * shape.CountA * shape.Words), right = columnsB.SubView(function * shape.RightStride * shape.Words);
        if (shape.Mirror != 0 && tileB < tileA)
        {
            return;
        }

        int start = boundaries[fold], end = boundaries[fold + 1], firstWord = start >> 6, endWord = start < end ? (end + 63) >> 6 : firstWord;
        int units = shape.Units * shape.Units;
        for (int round = 0; round < units; round += Group.DimX)
        {
            // A thread without a unit stages words all the same and counts what nobody reads.
            int unit = round + Group.IdxX, unitA = unit / shape.Units % shape.Units, unitB = unit % shape.Units;
            int c00 = 0, c01 = 0, c02 = 0, c03 = 0, c10 = 0, c11 = 0, c12 = 0, c13 = 0, c20 = 0, c21 = 0, c22 = 0, c23 = 0, c30 = 0, c31 = 0, c32 = 0, c33 = 0;
            for (int from = firstWord; from < endWord; from += GramWords)
            {
                Group.Barrier();
                for (int i = Group.IdxX; i < side * GramWords; i += Group.DimX)
                {
                    int word = from + (i % GramWords), column = i / GramWords, to = (i % GramWords * GramStride) + column;
                    ulong within = Within(word, start, end);
                    a[to] = Load(left, (tileA * side) + column, shape.CountA, word, shape.Words, within);
                    b[to] = Load(right, (tileB * side) + column, shape.CountB, word, shape.Words, within);
                }

                Group.Barrier();
                for (int word = 0; word < GramWords; word++)
                {
                    int atA = (word * GramStride) + unitA, atB = (word * GramStride) + unitB;
                    ulong a0 = a[atA], a1 = a[atA + shape.Units], a2 = a[atA + (2 * shape.Units)], a3 = a[atA + (3 * shape.Units)];
                    ulong b0 = b[atB], b1 = b[atB + shape.Units], b2 = b[atB + (2 * shape.Units)], b3 = b[atB + (3 * shape.Units)];
                    c00 += IntrinsicMath.PopCount(a0 ^ b0);
                    c01 += IntrinsicMath.PopCount(a0 ^ b1);
                    c02 += IntrinsicMath.PopCount(a0 ^ b2);
                    c03 += IntrinsicMath.PopCount(a0 ^ b3);
                    c10 += IntrinsicMath.PopCount(a1 ^ b0);
                    c11 += IntrinsicMath.PopCount(a1 ^ b1);
                    c12 += IntrinsicMath.PopCount(a1 ^ b2);
                    c13 += IntrinsicMath.PopCount(a1 ^ b3);
                    c20 += IntrinsicMath.PopCount(a2 ^ b0);
                    c21 += IntrinsicMath.PopCount(a2 ^ b1);
                    c22 += IntrinsicMath.PopCount(a2 ^ b2);
                    c23 += IntrinsicMath.PopCount(a2 ^ b3);
                    c30 += IntrinsicMath.PopCount(a3 ^ b0);
                    c31 += IntrinsicMath.PopCount(a3 ^ b1);
                    c32 += IntrinsicMath.PopCount(a3 ^ b2);
                    c33 += IntrinsicMath.PopCount(a3 ^ b3);
                }
            }

            if (unit < units)
            {
                int row = (tileA * side) + unitA, column = (tileB * side) + unitB;
                StoreRow(differing, square, row, column, c00, c01, c02, c03, shape);
                StoreRow(differing, square, row + shape.Units, column, c10, c11, c12, c13, shape);
                StoreRow(differing, square, row + (2 * shape.Units), column, c20, c21, c22, c23, shape);
                StoreRow(differing, square, row + (3 * shape.Units), column, c30, c31, c32, c33, shape);
            }
        }
    }

    /// <summary>
    /// Xᵀr of every segment (the part of a fold within one block) and right-hand side: blocks[(k·segments + s)·count + j]. Launch: one group for 32 columns, a segment and a
    /// right-hand side, any group size: <see cref="ProjectShape.Tiles"/> groups. Threads side by side take columns side by side, so a value is read once for a warp; the sums of words
    /// wait in shared memory for the one order. Moved: N/8 bytes a column and right-hand side; N·count signed additions.
    /// </summary>
    /// <param name="columns">count × W words for each so many right-hand sides as have the same.</param>
    /// <param name="values">Right-hand sides × N numbers.</param>
    /// <param name="segments">For each segment its first sample and its end.</param>
    /// <param name="blocks">Right-hand sides × segments × count sums.</param>
    /// <param name="shape">The sizes.</param>
    public static void ProjectBlocks(ArrayView<ulong> columns, ArrayView<double> values, ArrayView<int> segments, ArrayView<double> blocks, ProjectShape shape) =>
        ProjectBlocks<double, Doubles>(columns, values, segments, blocks, shape);

    /// <summary>As the other, for float32 values; the sums are formed in float64.</summary>
    public static void ProjectBlocksOfFloats(ArrayView<ulong> columns, ArrayView<float> values, ArrayView<int> segments, ArrayView<double> blocks, ProjectShape shape) =>
        ProjectBlocks<float, Floats>(columns, values, segments, blocks, shape);

    /// <summary>
    /// Adds the segments of each fold in order: sums[(k·F + f)·count + j] over the segments [foldSegments[f], foldSegments[f + 1]). Launch: any; a thread a sum. Moved: 8 bytes a segment's
    /// sum, coalesced.
    /// </summary>
    public static void AddBlocks(ArrayView<double> blocks, ArrayView<int> foldSegments, ArrayView<double> sums, int folds, ProjectShape shape)
    {
        for (long item = Items.First; item < (long)shape.RightSides * folds * shape.Count; item += Items.Step)
        {
            long row = Items.Divide(item, shape.Count), column = item - (row * shape.Count), side = Items.Divide(row, folds);
            int fold = (int)(row - (side * folds));
            double sum = 0;
            for (int s = foldSegments[fold]; s < foldSegments[fold + 1]; s++)
            {
                sum += blocks[(((side * shape.Segments) + s) * shape.Count) + column];
            }

            sums[item] = sum;
        }
    }

    /// <summary>
    /// Xβ: predictions[i] = Σ_j X_ij β_j. Launch: any; a thread a sample. A warp shares one word of a column and one coefficient. Moved: N/8 bytes a column; N·count signed additions.
    /// </summary>
    /// <param name="columns">count × W words.</param>
    /// <param name="coefficients">count numbers β.</param>
    /// <param name="predictions">N numbers.</param>
    /// <param name="count">Number of columns.</param>
    /// <param name="sampleCount">N.</param>
    public static void Predict(ArrayView<ulong> columns, ArrayView<double> coefficients, ArrayView<double> predictions, int count, int sampleCount)
    {
        int words = (sampleCount + 63) >> 6;
        for (long sample = Items.First; sample < sampleCount; sample += Items.Step)
        {
            int bit = (int)(sample & 63);
            long at = sample >> 6;
            double sum = 0;
            int j = 0;
            for (; j <= count - 8; j += 8, at += 8L * words)
            {
                double v0 = Term(columns, coefficients, at, j, bit), v1 = Term(columns, coefficients, at + words, j + 1, bit);
                double v2 = Term(columns, coefficients, at + (2L * words), j + 2, bit), v3 = Term(columns, coefficients, at + (3L * words), j + 3, bit);
                double v4 = Term(columns, coefficients, at + (4L * words), j + 4, bit), v5 = Term(columns, coefficients, at + (5L * words), j + 5, bit);
                double v6 = Term(columns, coefficients, at + (6L * words), j + 6, bit), v7 = Term(columns, coefficients, at + (7L * words), j + 7, bit);
                sum += (v0 + v1 + (v2 + v3)) + (v4 + v5 + (v6 + v7));
            }

            if (j < count)
            {
                // Missing columns of the last octet count as 0.
                double v0 = Term(columns, coefficients, at, j, bit), v1 = TermOrZero(columns, coefficients, at + words, j + 1, bit, count);
                double v2 = TermOrZero(columns, coefficients, at + (2L * words), j + 2, bit, count), v3 = TermOrZero(columns, coefficients, at + (3L * words), j + 3, bit, count);
                double v4 = TermOrZero(columns, coefficients, at + (4L * words), j + 4, bit, count), v5 = TermOrZero(columns, coefficients, at + (5L * words), j + 5, bit, count);
                double v6 = TermOrZero(columns, coefficients, at + (6L * words), j + 6, bit, count);
                sum += (v0 + v1 + (v2 + v3)) + (v4 + v5 + (v6 + 0.0));
            }

            predictions[sample] = sum;
        }
    }

    private static double Term(ArrayView<ulong> columns, ArrayView<double> coefficients, long at, int j, int bit) =>
        Signed(coefficients[j], (columns[at] >> bit) & 1);

    private static double TermOrZero(ArrayView<ulong> columns, ArrayView<double> coefficients, long at, int j, int bit, int count) =>
        j < count ? Term(columns, coefficients, at, j, bit) : 0;

    private static void ProjectBlocks<T, TSource>(ArrayView<ulong> columns, ArrayView<T> values, ArrayView<int> segments, ArrayView<double> blocks, ProjectShape shape)
        where T : unmanaged
        where TSource : unmanaged, IDoubleSource<T>
    {
        ArrayView<double> sums = SharedMemory.Allocate<double>(BlockWords * ProjectColumns);
        int chunks = (shape.Count + ProjectColumns - 1) / ProjectColumns;
        int chunk = Grid.IdxX % chunks, rest = Grid.IdxX / chunks, segment = rest % shape.Segments, side = rest / shape.Segments;
        int first = segments[2 * segment], end = segments[(2 * segment) + 1], firstWord = first >> 6, wordCount = ((end + 63) >> 6) - firstWord;
        int firstColumn = chunk * ProjectColumns;
        ArrayView<T> sideValues = values.SubView((long)side * shape.SampleCount, shape.SampleCount);
        long sideColumns = (long)(side / shape.SidesOfColumns) * shape.Count;
        for (int i = Group.IdxX; i < wordCount * ProjectColumns; i += Group.DimX)
        {
            int column = firstColumn + (i % ProjectColumns), word = firstWord + (i / ProjectColumns);
            ulong signs = column < shape.Count ? columns[((sideColumns + column) * shape.Words) + word] : 0;
            int sample = word * 64;
            sums[i] = (Octet<T, TSource>(sideValues, signs, sample, first, end)
                    + Octet<T, TSource>(sideValues, signs >> 8, sample + 8, first, end)
                    + (Octet<T, TSource>(sideValues, signs >> 16, sample + 16, first, end) + Octet<T, TSource>(sideValues, signs >> 24, sample + 24, first, end)))
                + (Octet<T, TSource>(sideValues, signs >> 32, sample + 32, first, end)
                    + Octet<T, TSource>(sideValues, signs >> 40, sample + 40, first, end)
                    + (Octet<T, TSource>(sideValues, signs >> 48, sample + 48, first, end) + Octet<T, TSource>(sideValues, signs >> 56, sample + 56, first, end)));
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < ProjectColumns && firstColumn + i < shape.Count; i += Group.DimX)
        {
            double sum = 0;
            for (int word = 0; word < wordCount; word++)
            {
                sum += sums[(word * ProjectColumns) + i];
            }

            blocks[((((long)side * shape.Segments) + segment) * shape.Count) + firstColumn + i] = sum;
        }
    }

    private static double Octet<T, TSource>(ArrayView<T> values, ulong signs, int sample, int first, int end)
        where T : unmanaged
        where TSource : unmanaged, IDoubleSource<T>
    {
        double v0 = Value<T, TSource>(values, signs, sample, first, end), v1 = Value<T, TSource>(values, signs >> 1, sample + 1, first, end);
        double v2 = Value<T, TSource>(values, signs >> 2, sample + 2, first, end), v3 = Value<T, TSource>(values, signs >> 3, sample + 3, first, end);
        double v4 = Value<T, TSource>(values, signs >> 4, sample + 4, first, end), v5 = Value<T, TSource>(values, signs >> 5, sample + 5, first, end);
        double v6 = Value<T, TSource>(values, signs >> 6, sample + 6, first, end), v7 = Value<T, TSource>(values, signs >> 7, sample + 7, first, end);
        return (v0 + v1 + (v2 + v3)) + (v4 + v5 + (v6 + v7));
    }

    private static double Value<T, TSource>(ArrayView<T> values, ulong signs, int sample, int first, int end)
        where T : unmanaged
        where TSource : unmanaged, IDoubleSource<T> =>
        sample >= first && sample < end ? Signed(default(TSource).Widen(values[sample]), signs & 1) : 0;

    private static double Signed(double value, ulong minus) => minus == 0 ? value : -value;

    private static ulong Load(ArrayView<ulong> columns, int column, int count, int word, int words, ulong within) =>
        column < count && within != 0 ? columns[((long)column * words) + word] & within : 0;

    // The bits of a word that belong to the samples [first, end).
    private static ulong Within(int word, int first, int end)
    {
        int from = first - (word * 64), to = end - (word * 64);
        from = from < 0 ? 0 : from;
        to = to > 64 ? 64 : to;
        return from >= to ? 0 : (ulong.MaxValue >> (64 - (to - from))) << from;
    }

    private static void StoreRow(ArrayView<int> differing, int square, int row, int column, int c0, int c1, int c2, int c3, GramShape shape)
    {
        Store(differing, square, row, column, c0, shape);
        Store(differing, square, row, column + shape.Units, c1, shape);
        Store(differing, square, row, column + (2 * shape.Units), c2, shape);
        Store(differing, square, row, column + (3 * shape.Units), c3, shape);
    }

    private static void Store(ArrayView<int> differing, int square, int row, int column, int count, GramShape shape)
    {
        if (row < shape.CountA && column < shape.CountB)
        {
            long first = (long)square * shape.CountA * shape.CountB;
            differing[first + ((long)row * shape.CountB) + column] = count;
            if (shape.Mirror != 0)
            {
                differing[first + ((long)column * shape.CountB) + row] = count;
            }
        }
    }

    private interface IDoubleSource<T>
    {
        double Widen(T value);
    }

    private readonly struct Doubles : IDoubleSource<double>
    {
        public double Widen(double value) => value;
    }

    private readonly struct Floats : IDoubleSource<float>
    {
        public double Widen(float value) => value;
    }
}
