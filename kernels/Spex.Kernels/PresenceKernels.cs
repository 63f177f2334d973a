using ILGPU;

namespace Spex.Kernels;

/// <summary>
/// Ridge regression in the AND basis, X_ij = [S_j ⊆ m_i], with a weight a mask's size: XᵀWX and XᵀWy without a range of samples, the Cholesky factor of XᵀWX + D, its solutions, and the squared
/// errors on the range that was left out.
/// </summary>
/// <remarks>
/// <para>Layout: columns of W = ⌈N/64⌉ words, 1 where the set is present, zero beyond sample N − 1. A p × p matrix is kept column after column: number (i, k) of the factor, i ≥ k, lies at k·p + i.</para>
/// <para>Every sum is one thread's, over samples or columns in their order: the same bits whatever the launch. No atomics. float64 throughout.</para>
/// </remarks>
public static class PresenceKernels
{
    /// <summary>The weight of each sample: that of its number of present features. Launch: any; a thread a sample. Moved: a bit a feature and sample.</summary>
    /// <param name="maskColumns">n × W words.</param>
    /// <param name="table">n + 1 weights.</param>
    /// <param name="weights">Takes N numbers.</param>
    /// <param name="features">n.</param>
    /// <param name="samples">N.</param>
    public static void Weights(ArrayView<ulong> maskColumns, ArrayView<double> table, ArrayView<double> weights, int features, int samples)
    {
        int words = (samples + 63) >> 6;
        for (long sample = Items.First; sample < samples; sample += Items.Step)
        {
            int size = 0, bit = (int)(sample & 63);
            for (int feature = 0; feature < features; feature++)
            {
                size += (int)((maskColumns[((long)feature * words) + (sample >> 6)] >> bit) & 1);
            }

            weights[sample] = table[size];
        }
    }

    /// <summary>Columns of sets: the samples that have all their features. Launch: any; a thread a word. Moved: 8·(|S| + 1) bytes a word, coalesced.</summary>
    /// <param name="maskColumns">n × W words.</param>
    /// <param name="offsets">p + 1 ascending offsets into <paramref name="features"/>.</param>
    /// <param name="features">The sets' features.</param>
    /// <param name="columns">Takes p × W words.</param>
    /// <param name="count">p.</param>
    /// <param name="samples">N.</param>
    public static void Columns(ArrayView<ulong> maskColumns, ArrayView<int> offsets, ArrayView<int> features, ArrayView<ulong> columns, int count, int samples)
    {
        int words = (samples + 63) >> 6;
        for (long item = Items.First; item < (long)count * words; item += Items.Step)
        {
            long set = Items.Divide(item, words), word = item - (set * words);
            ulong present = Valid(word, samples);
            for (int at = offsets[set]; at < offsets[set + 1]; at++)
            {
                present &= maskColumns[((long)features[at] * words) + word];
            }

            columns[item] = present;
        }
    }

    /// <summary>(XᵀWX)_ab over the samples outside a range, b ≥ a. Launch: any; a thread a pair. Moved: 16 bytes a word and pair, mostly from caches, and 8 a sample that has both sets.</summary>
    /// <param name="columns">p × W words.</param>
    /// <param name="weights">N numbers.</param>
    /// <param name="gram">Takes number (a, b) at a·p + b, b ≥ a.</param>
    /// <param name="range">The sizes and the range.</param>
    public static void Gram(ArrayView<ulong> columns, ArrayView<double> weights, ArrayView<double> gram, PresenceRange range)
    {
        int words = (range.Samples + 63) >> 6;
        for (long item = Items.First; item < (long)range.Sets * range.Sets; item += Items.Step)
        {
            long a = Items.Divide(item, range.Sets), b = item - (a * range.Sets);
            if (b < a)
            {
                continue;
            }

            double sum = 0;
            for (int word = 0; word < words; word++)
            {
                ulong both = columns[(a * words) + word] & columns[(b * words) + word] & Outside(word, range);
                for (int bit = 0; both != 0; bit++, both >>= 1)
                {
                    sum += (both & 1) != 0 ? weights[(word * 64) + bit] : 0;
                }
            }

            gram[item] = sum;
        }
    }

    /// <summary>(XᵀWy)_a over the samples outside a range. Launch: any; a thread a set. Moved: a bit a sample and set, and 16 bytes a sample that has it.</summary>
    public static void Project(ArrayView<ulong> columns, ArrayView<double> weights, ArrayView<double> values, ArrayView<double> products, PresenceRange range)
    {
        int words = (range.Samples + 63) >> 6;
        for (long a = Items.First; a < range.Sets; a += Items.Step)
        {
            double sum = 0;
            for (int word = 0; word < words; word++)
            {
                ulong present = columns[(a * words) + word] & Outside(word, range);
                for (int bit = 0; present != 0; bit++, present >>= 1)
                {
                    if ((present & 1) != 0)
                    {
                        double weighted = weights[(word * 64) + bit] * values[(word * 64) + bit];
                        sum += weighted;
                    }
                }
            }

            products[a] = sum;
        }
    }

    /// <summary>
    /// Column k of the factor L of A + D: l_ik = (a_ik − Σ_{m &lt; k} l_im·l_km)/l_kk. A pivot that falls to a share of its diagonal element counts as zero: the flag is set, and the factor is of no
    /// use. Launch: any; a thread a row from k on; columns one after another. Moved: 16·k bytes a row, the rows side by side.
    /// </summary>
    /// <param name="gram">A, number (a, b) at a·p + b, b ≥ a.</param>
    /// <param name="factor">L, number (i, k) at k·p + i.</param>
    /// <param name="flag">Set to 1 where a pivot is zero.</param>
    /// <param name="step">k and D.</param>
    public static void FactorColumn(ArrayView<double> gram, ArrayView<double> factor, ArrayView<int> flag, FactorStep step)
    {
        int p = step.Sets, k = step.Column;
        double added = (k == 0 && step.SparesFirst != 0 ? 0 : step.Added) + step.Jitter, diagonal = gram[((long)k * p) + k] + added;
        for (long i = k + Items.First; i < p; i += Items.Step)
        {
            double own = i == k ? diagonal : gram[((long)k * p) + i], pivot = diagonal;
            for (int m = 0; m < k; m++)
            {
                double other = factor[((long)m * p) + k], product = factor[((long)m * p) + i] * other, square = other * other;
                own -= product;
                pivot -= square;
            }

            bool isZero = !(pivot > step.ZeroPivot * diagonal);
            if (isZero && i == k)
            {
                flag[0] = 1;
            }

            double root = Math.Sqrt(isZero ? 1 : pivot);
            factor[((long)k * p) + i] = i == k ? root : own / root;
        }
    }

    /// <summary>Solves L·Lᵀ·x = b. Launch: one group, any group size (256 threads are best). Moved: 16 bytes a number of the factor; two barriers a column, twice.</summary>
    /// <param name="factor">L, number (i, k) at k·p + i.</param>
    /// <param name="right">b, p numbers.</param>
    /// <param name="solution">Takes x.</param>
    /// <param name="sets">p.</param>
    public static void Solve(ArrayView<double> factor, ArrayView<double> right, ArrayView<double> solution, int sets)
    {
        for (int i = Group.IdxX; i < sets; i += Group.DimX)
        {
            solution[i] = right[i];
        }

        Group.Barrier();
        for (int k = 0; k < sets; k++)
        {
            double x = solution[k] / factor[((long)k * sets) + k];
            Group.Barrier();
            for (int i = k + Group.IdxX; i < sets; i += Group.DimX)
            {
                double part = factor[((long)k * sets) + i] * x;
                solution[i] = i == k ? x : solution[i] - part;
            }

            Group.Barrier();
        }

        for (int k = sets - 1; k >= 0; k--)
        {
            double x = solution[k] / factor[((long)k * sets) + k];
            Group.Barrier();
            for (int i = Group.IdxX; i <= k; i += Group.DimX)
            {
                double part = factor[((long)i * sets) + k] * x;
                solution[i] = i == k ? x : solution[i] - part;
            }

            Group.Barrier();
        }
    }

    /// <summary>(y − Xa)² of the samples in a range. Launch: any; a thread a sample. Moved: a bit a sample and set.</summary>
    /// <param name="columns">p × W words.</param>
    /// <param name="values">N numbers y.</param>
    /// <param name="solution">p numbers a.</param>
    /// <param name="errors">Takes a number a sample of the range.</param>
    /// <param name="range">The sizes and the range.</param>
    public static void Errors(ArrayView<ulong> columns, ArrayView<double> values, ArrayView<double> solution, ArrayView<double> errors, PresenceRange range)
    {
        int words = (range.Samples + 63) >> 6;
        for (long item = Items.First; item < range.End - range.First; item += Items.Step)
        {
            long sample = range.First + item;
            int bit = (int)(sample & 63);
            double sum = 0;
            for (int set = 0; set < range.Sets; set++)
            {
                sum += ((columns[((long)set * words) + (sample >> 6)] >> bit) & 1) != 0 ? solution[set] : 0;
            }

            double left = values[sample] - sum;
            errors[item] = left * left;
        }
    }

    private static ulong Valid(long word, int samples)
    {
        long rest = samples - (word * 64);
        return rest >= 64 ? ulong.MaxValue : (1UL << (int)rest) - 1;
    }

    // The bits of a word whose samples are not in the range.
    private static ulong Outside(int word, PresenceRange range)
    {
        int from = range.First - (word * 64), to = range.End - (word * 64);
        from = from < 0 ? 0 : from;
        to = to > 64 ? 64 : to;
        return from >= to ? ulong.MaxValue : ~((ulong.MaxValue >> (64 - (to - from))) << from);
    }
}
