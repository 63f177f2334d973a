using ILGPU;

namespace Spex.Kernels;

/// <summary>Boosted trees over bit features, for all runs of a batch at once: gradients, histograms, splits, leaf steps, residuals, errors.</summary>
/// <remarks>
/// <para>
/// A tree: <see cref="Gradients"/>, <see cref="Start"/>; then for each split <see cref="Sum"/>, <see cref="Score"/>, <see cref="Choose"/>; then <see cref="SumLeaves"/>, <see cref="Step"/>,
/// <see cref="Update"/>, <see cref="Judge"/>. A run decides for itself: one whose tree has no split left, or whose residuals no split lessens, passes through what remains. The host reads nothing
/// meanwhile; the records of many trees are read at once.
/// </para>
/// <para>
/// Formulas: the gradient of a residual r is g = ⌊(r + 2^(k−1)) / 2^k⌋, cut to |g| ≤ 7, or to the run's larger limit where gradients are not quantized, where the run's shift k follows from its residuals (<see cref="Judge"/>). A split of n samples with gradients
/// G into n_p and G_p scores (n·G_p − n_p·G)² / (n_p·n_a) and gains that divided by n. A leaf takes rate · Σr / n off its samples' residuals, rounded half to even. Of equal scores the lower feature
/// wins, of equal gains the leaf that came first.
/// </para>
/// <para>
/// A leaf is a set of samples, a bit each, and a quantized gradient is four bits, so a histogram is Σ_k w_k·|column ∧ leaf ∧ plane_k| with weights 1, 2, 4, −8: five popcounts for a feature of 64 samples, the
/// fifth counts. A gradient that is not quantized is several such digits, g = Σ_i d_i · 16^i, of which only the highest is signed; each is summed like a gradient of its own. Of two sisters one is summed; the other is their parent less that. All sums are integers and no decision takes more than one rounded product, quotient or sum at a time, so trees
/// have the same bits on every device and for any launch shape. No atomics.
/// </para>
/// <para>Layouts: <see cref="TreeSamples"/>, <see cref="TreeGrowth"/>. Launch and bytes: at each kernel.</para>
/// </remarks>
public static partial class TreeKernels
{
    /// <summary>Features of a tile of <see cref="Score"/>.</summary>
    public const int TileFeatures = 64;

    /// <summary>Partial sums of a leaf's residuals.</summary>
    public const int LeafParts = 64;

    /// <summary>The largest group of the kernels with shared memory.</summary>
    public const int MostThreads = 256;

    // Bits of a digit.
    private const int DigitBits = 4;

    // The largest quantized gradient.
    private const int QuantizedLimit = 7;

    // Quantized gradients reach to so many standard deviations of the residuals.
    private const int ReachDeviations = 8;

    // Residuals are cut to ± this.
    private const int ResidualLimit = 1 << 30;

    // Bits by which a residual is shortened before it is squared.
    private const int ErrorShift = 5;

    // 3 · 2^51: what is added to it and taken from it again is rounded half to even.
    private const double Rounder = 6755399441055744.0;

    /// <summary>Words from columns to rows. Launch: any; a thread a word. Moved: 16 bytes a word, the reads scattered.</summary>
    public static void Transpose(ArrayView<ulong> columns, ArrayView<ulong> rows, int words, int features)
    {
        for (long item = Items.First; item < (long)words * features; item += Items.Step)
        {
            long word = Items.Divide(item, features), feature = item - (word * features);
            rows[item] = columns[(feature * words) + word];
        }
    }

    /// <summary>
    /// Each run's residuals after its trees, from its function's values; <see cref="Judge"/> comes next. Launch: any; a thread a run and word. Moved: 8 bytes a sample, coalesced, and for each
    /// of a tree's levels one scattered word.
    /// </summary>
    /// <param name="samples">The samples; written: residuals, and that the runs have not ended.</param>
    /// <param name="growth">Written: squares, largest.</param>
    /// <param name="nodes">The trees' nodes, three numbers each: feature, absent child (the present one follows), step; the feature of a leaf is −1, children count from the tree's root.</param>
    /// <param name="roots">Index of each tree's root, the runs' one after another.</param>
    /// <param name="firstRoots">R + 1 numbers: a run's trees are those at [firstRoots[run], firstRoots[run + 1]).</param>
    /// <param name="shape">The sizes.</param>
    public static void Replay(TreeSamples samples, TreeGrowth growth, ArrayView<int> nodes, ArrayView<int> roots, ArrayView<int> firstRoots, TreeShape shape)
    {
        for (long item = Items.First; item < (long)shape.Runs * shape.Words; item += Items.Step)
        {
            long number = Items.Divide(item, shape.Words), word = item - (number * shape.Words);
            TreeRun run = growth.Runs[number];
            ulong training = samples.Training[((long)run.Seen * shape.Words) + word], heldOut = Valid((int)word, shape) & ~training, errors = 0, squares = 0;
            long own = (long)run.Slot * 64 * shape.Words, values = (long)run.Function * 64 * shape.Words;
            int largest = 0, firstTree = firstRoots[number], endTree = firstRoots[number + 1];
            for (int j = 0; j < 64; j++)
            {
                long at = ((long)j * shape.Words) + word;
                int residual = Cut(samples.Values[values + at] - run.Bias);
                for (int tree = firstTree; tree < endTree; tree++)
                {
                    long root = roots[tree], node = 3 * root;
                    for (int feature = nodes[node]; feature >= 0; feature = nodes[node])
                    {
                        int present = (int)(samples.Columns[((long)feature * shape.Words) + word] >> j) & 1;
                        node = 3 * (root + nodes[node + 1] + present);
                    }

                    residual = Cut(residual - nodes[node + 2]);
                }

                samples.Residuals[own + at] = residual;
                ulong square = Square(residual);
                errors += ((heldOut >> j) & 1) != 0 ? square : 0;
                squares += ((training >> j) & 1) != 0 ? square : 0;
                largest = ((training >> j) & 1) != 0 ? Math.Max(largest, Math.Abs(residual)) : largest;
            }

            growth.Squares[2 * item] = errors;
            growth.Squares[(2 * item) + 1] = squares;
            growth.Largest[item] = largest;
            if (word == 0)
            {
                samples.Ended[run.Slot] = 0;
            }
        }
    }

    /// <summary>
    /// The planes of all gradients, and leaf 0: all samples. Launch: any; a thread a run, digit and word. Moved: 4 bytes a sample and digit read, 5 bits written, coalesced.
    /// </summary>
    /// <param name="samples">Read: residuals, shifts.</param>
    /// <param name="growth">Written: planes, leaf sets.</param>
    /// <param name="shape">The sizes.</param>
    public static void Gradients(TreeSamples samples, TreeGrowth growth, TreeShape shape)
    {
        for (long item = Items.First; item < (long)shape.Runs * shape.Digits * shape.Words; item += Items.Step)
        {
            long row = Items.Divide(item, shape.Words), word = item - (row * shape.Words), run = Items.Divide(row, shape.Digits);
            int slot = growth.Runs[run].Slot, limit = growth.Runs[run].Limit, shift = samples.Shifts[slot], digit = (int)(row - (run * shape.Digits));
            long at = ((long)slot * 64 * shape.Words) + word;
            ulong bits0 = 0, bits1 = 0, bits2 = 0, bits3 = 0;
            for (int j = 0; j < 64; j++, at += shape.Words)
            {
                ulong gradient = (ulong)(Math.Max(-limit, Math.Min(limit, Round(samples.Residuals[at], shift))) >> (DigitBits * digit));
                bits0 |= (gradient & 1) << j;
                bits1 |= ((gradient >> 1) & 1) << j;
                bits2 |= ((gradient >> 2) & 1) << j;
                bits3 |= ((gradient >> 3) & 1) << j;
            }

            ulong training = samples.Training[((long)growth.Runs[run].Seen * shape.Words) + word];
            long plane = (row * DigitBits * shape.Words) + word;
            growth.Planes[plane] = bits0 & training;
            growth.Planes[plane + shape.Words] = bits1 & training;
            growth.Planes[plane + (2 * shape.Words)] = bits2 & training;
            growth.Planes[plane + (3 * shape.Words)] = bits3 & training;
            if (digit == 0)
            {
                growth.LeafSets[(run * shape.MostLeaves * shape.Words) + word] = Valid((int)word, shape);
            }
        }
    }

    /// <summary>Each run's tree as one leaf. Launch: one group a run, of at most <see cref="MostThreads"/>. Moved: 32 bytes a digit and word, coalesced; four popcounts.</summary>
    /// <param name="samples">Read: which runs have ended.</param>
    /// <param name="growth">Read: planes; written: states, leaf 0.</param>
    /// <param name="shape">The sizes.</param>
    public static void Start(TreeSamples samples, TreeGrowth growth, TreeShape shape)
    {
        ArrayView<long> shared = SharedMemory.Allocate<long>(MostThreads);
        int run = Grid.IdxX, planes = shape.Digits * DigitBits;
        long sum = 0;
        for (int word = Group.IdxX; word < shape.Words; word += Group.DimX)
        {
            long at = ((long)run * planes * shape.Words) + word;
            for (int plane = 0; plane < planes; plane++, at += shape.Words)
            {
                long ones = (long)IntrinsicMath.PopCount(growth.Planes[at]) << plane;
                sum += plane < planes - 1 ? ones : -ones;
            }
        }

        shared[Group.IdxX] = sum;
        AddRows(shared, 1, 0);
        if (Group.IdxX == 0)
        {
            TreeRun settings = growth.Runs[run];
            int active = 1 - samples.Ended[settings.Slot];
            growth.States[run] = new TreeState(active, active, 1, 0, 0);
            growth.Leaves[(long)run * shape.MostLeaves] = new TreeLeaf(settings.TrainingCount, shared[0], 0, -1, 0);
        }
    }

    // The samples that a word has.
    private static ulong Valid(int word, TreeShape shape)
    {
        int samples = shape.Samples - (word << 6);
        return samples >= 64 ? ulong.MaxValue : (1UL << samples) - 1;
    }

    private static int Cut(int residual) => Math.Max(-ResidualLimit, Math.Min(ResidualLimit, residual));

    private static int Round(int residual, int shift) => (residual + ((1 << shift) >> 1)) >> shift;

    private static ulong Square(int residual)
    {
        long shortened = Round(residual, ErrorShift);
        return (ulong)(shortened * shortened);
    }

    // Of each of some rows the sum, or the largest, at the row's beginning: for the first thread.
    private static void AddRows(ArrayView<long> shared, int sums, int maxima)
    {
        for (int half = HalfOfGroup(); half > 0; half >>= 1)
        {
            Group.Barrier();
            if (Group.IdxX < half && Group.IdxX + half < Group.DimX)
            {
                for (int row = 0; row < sums + maxima; row++)
                {
                    int at = (row * MostThreads) + Group.IdxX;
                    shared[at] = row < sums ? shared[at] + shared[at + half] : Math.Max(shared[at], shared[at + half]);
                }
            }
        }
    }

    // Half of the group's size rounded up to a power of two; 0 for one thread.
    private static int HalfOfGroup()
    {
        int size = 1;
        while (size < Group.DimX)
        {
            size *= 2;
        }

        return size / 2;
    }
}
