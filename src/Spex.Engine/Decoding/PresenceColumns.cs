using System.Numerics;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>
/// The matrix X of the AND basis, X_ij = [S_j ⊆ m_i], as packed columns, for regressions whose weights depend on a mask's size alone: Gram matrices by popcount.
/// </summary>
/// <remarks>
/// Samples stand in classes of one fold and one weight, each class from a whole word on, so that the weighted product of two columns is Σ_classes w·popcount(a ∧ b). Samples
/// of weight 0 are left out. Sums over samples run in the order of the classes, and within a class in that of the samples.
/// </remarks>
internal sealed class PresenceColumns
{
    // Columns that a thread takes at a time.
    private const int Chunk = 8;

    private readonly FoldedBatch _samples;
    private readonly List<SampleClass> _classes = [];
    private readonly ulong[] _columns;
    private readonly int[] _sampleAt;
    private readonly int _words;

    /// <summary>Packs the columns.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="sets">The sets S_j.</param>
    /// <param name="weightOf">Weight of a mask with so many features, 0 or more.</param>
    public PresenceColumns(FoldedBatch samples, FeatureSet[] sets, Func<int, double> weightOf)
    {
        _samples = samples;
        Count = sets.Length;
        byte[] folds = samples.FoldOfSamples();
        MaskMatrix rows = samples.Rows;
        double[] weights = [.. Enumerable.Range(0, samples.Count).Select(i => weightOf(rows.CountPresent(i)))];
        List<int> sampleAt = [];
        foreach (IGrouping<(byte, double), int> group in Enumerable.Range(0, samples.Count)
            .Where(i => weights[i] > 0).GroupBy(i => (folds[i], weights[i])).OrderBy(group => group.Key))
        {
            int first = sampleAt.Count >> 6;
            sampleAt.AddRange(group);
            while ((sampleAt.Count & 63) != 0)
            {
                sampleAt.Add(-1);
            }

            _classes.Add(new SampleClass(group.Key.Item1, group.Key.Item2, first, sampleAt.Count >> 6));
        }

        _sampleAt = [.. sampleAt];
        _words = _sampleAt.Length >> 6;
        _columns = ColumnsOf(sets, rows);
    }

    /// <summary>p, the number of columns.</summary>
    public int Count { get; }

    /// <summary>XᵀWX without one fold: p × p numbers, the right upper triangle and the diagonal filled in.</summary>
    /// <param name="without">The fold that is left out; F for none.</param>
    public double[] Gram(int without)
    {
        double[] gram = new double[checked(Count * Count)];
        SampleClass[] classes = [.. _classes.Where(group => group.Fold != without)];
        _samples.For((Count + Chunk - 1) / Chunk, chunk =>
        {
            int end = Math.Min(Count, (chunk + 1) * Chunk);
            for (int b = chunk * Chunk; b < Count; b++)
            {
                ReadOnlySpan<ulong> right = Column(b);
                for (int a = chunk * Chunk; a < Math.Min(end, b + 1); a++)
                {
                    gram[((long)a * Count) + b] = Product(Column(a), right, classes);
                }
            }
        });
        return gram;
    }

    /// <summary>XᵀWy without each fold in turn, and of all samples: F + 1 times p numbers.</summary>
    /// <param name="values">One number a sample.</param>
    public double[][] Project(ReadOnlySpan<double> values)
    {
        double[] placed = new double[_sampleAt.Length];
        for (int at = 0; at < placed.Length; at++)
        {
            placed[at] = _sampleAt[at] < 0 ? 0 : values[_sampleAt[at]];
        }

        double[][] products = [.. Enumerable.Range(0, _samples.FoldCount + 1).Select(_ => new double[Count])];
        _samples.For((Count + Chunk - 1) / Chunk, chunk =>
        {
            for (int j = chunk * Chunk; j < Math.Min(Count, (chunk + 1) * Chunk); j++)
            {
                foreach (SampleClass group in _classes)
                {
                    double sum = 0;
                    for (int word = group.FirstWord; word < group.EndWord; word++)
                    {
                        for (ulong bits = _columns[((long)j * _words) + word]; bits != 0; bits &= bits - 1)
                        {
                            sum += placed[(word << 6) + BitOperations.TrailingZeroCount(bits)];
                        }
                    }

                    for (int p = 0; p < products.Length; p++)
                    {
                        products[p][j] += p == group.Fold ? 0 : group.Weight * sum;
                    }
                }
            }
        });
        return products;
    }

    /// <summary>Σ (y − Xβ)² of a fold's samples, not weighted; those of weight 0 are not counted.</summary>
    public double SquaredError(int fold, double[] coefficients, double[] values)
    {
        double error = 0;
        foreach (SampleClass group in _classes.Where(group => group.Fold == fold))
        {
            double[] predictions = new double[(group.EndWord - group.FirstWord) << 6];
            for (int j = 0; j < Count; j++)
            {
                for (int word = group.FirstWord; word < group.EndWord; word++)
                {
                    for (ulong bits = _columns[((long)j * _words) + word]; bits != 0; bits &= bits - 1)
                    {
                        predictions[((word - group.FirstWord) << 6) + BitOperations.TrailingZeroCount(bits)] += coefficients[j];
                    }
                }
            }

            for (int i = 0; i < predictions.Length; i++)
            {
                int sample = _sampleAt[(group.FirstWord << 6) + i];
                double left = sample < 0 ? 0 : values[sample] - predictions[i];
                error += left * left;
            }
        }

        return error;
    }

    private static double Product(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, SampleClass[] classes)
    {
        double product = 0;
        foreach (SampleClass group in classes)
        {
            long both = 0;
            for (int word = group.FirstWord; word < group.EndWord; word++)
            {
                both += BitOperations.PopCount(a[word] & b[word]);
            }

            product += group.Weight * both;
        }

        return product;
    }

    private ReadOnlySpan<ulong> Column(int j) => _columns.AsSpan(j * _words, _words);

    private ulong[] ColumnsOf(FeatureSet[] sets, MaskMatrix rows)
    {
        // Places without a sample are masks without features, and 0 in the column of the empty set.
        MaskMatrix placed = new(_sampleAt.Length, rows.FeatureCount);
        ulong[] real = new ulong[_words], columns = new ulong[checked(sets.Length * _words)];
        for (int at = 0; at < _sampleAt.Length; at++)
        {
            if (_sampleAt[at] >= 0)
            {
                rows.Row(_sampleAt[at]).CopyTo(placed.Row(at));
                real[at >> 6] |= 1UL << (at & 63);
            }
        }

        MaskMatrix features = placed.Transpose();
        for (int j = 0; j < sets.Length; j++)
        {
            Span<ulong> column = columns.AsSpan(j * _words, _words);
            real.CopyTo(column);
            foreach (int feature in sets[j].Features)
            {
                ReadOnlySpan<ulong> present = features.Row(feature);
                for (int word = 0; word < column.Length; word++)
                {
                    column[word] &= present[word];
                }
            }
        }

        return columns;
    }

    /// <summary>Samples of one fold and one weight, in the words [FirstWord, EndWord).</summary>
    private readonly record struct SampleClass(int Fold, double Weight, int FirstWord, int EndWord);
}
