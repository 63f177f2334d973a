using ILGPU;

namespace Spex.Kernels;

/// <summary>
/// Ridge regression in the AND basis, X_ij = [S_j ⊆ m_i], with a weight a mask's size: XᵀWX and XᵀWy without a range of samples, and the squared errors on the range that was left out.
/// </summary>
/// <remarks>
/// <para>Layout: columns of W = ⌈N/64⌉ words, 1 where the set is present, zero beyond sample N − 1. </para>
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

    /// <summary>(XᵀWy)_a of every function over the samples outside a range. Launch: any; a thread a function and set. Moved: a bit a sample and set, and 16 bytes a sample that has it.</summary>
    public static void Project(ArrayView<ulong> columns, ArrayView<double> weights, ArrayView<double> values, ArrayView<double> products, PresenceRange range)
    {
        int words = (range.Samples + 63) >> 6;
        for (long item = Items.First; item < (long)range.Functions * range.Sets; item += Items.Step)
        {
            long function = Items.Divide(item, range.Sets), a = item - (function * range.Sets), first = function * range.Samples;
            double sum = 0;
            for (int word = 0; word < words; word++)
            {
                ulong present = columns[(a * words) + word] & Outside(word, range);
                for (int bit = 0; present != 0; bit++, present >>= 1)
                {
                    if ((present & 1) != 0)
                    {
                        double weighted = weights[(word * 64) + bit] * values[first + (word * 64) + bit];
                        sum += weighted;
                    }
                }
            }

            products[item] = sum;
        }
    }

    /// <summary>(y − Xa)² of every function's samples in a range. Launch: any; a thread a function and sample. Moved: a bit a sample and set.</summary>
    /// <param name="columns">p × W words.</param>
    /// <param name="values">N numbers y a function.</param>
    /// <param name="solution">p numbers a a function.</param>
    /// <param name="errors">Takes a number a function and sample of the range.</param>
    /// <param name="range">The sizes and the range.</param>
    public static void Errors(ArrayView<ulong> columns, ArrayView<double> values, ArrayView<double> solution, ArrayView<double> errors, PresenceRange range)
    {
        int words = (range.Samples + 63) >> 6, count = range.End - range.First;
        for (long item = Items.First; item < (long)range.Functions * count; item += Items.Step)
        {
            long function = Items.Divide(item, count), sample = range.First + item - (function * count), own = function * range.Sets;
            int bit = (int)(sample & 63);
            double sum = 0;
            for (int set = 0; set < range.Sets; set++)
            {
                sum += ((columns[((long)set * words) + (sample >> 6)] >> bit) & 1) != 0 ? solution[own + set] : 0;
            }

            double left = values[(function * range.Samples) + sample] - sum;
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
