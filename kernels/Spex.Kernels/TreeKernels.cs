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
public static class TreeKernels
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
    /// The residuals of the first run after some trees, from its values; <see cref="Judge"/> comes next. Launch: any; a thread a word. Moved: 8 bytes a sample, coalesced, and for each
    /// of a tree's levels one scattered word.
    /// </summary>
    /// <param name="samples">The samples; written: residuals, and that the run has not ended.</param>
    /// <param name="growth">Written: squares.</param>
    /// <param name="nodes">The trees' nodes, three numbers each: feature, absent child (the present one follows), step; the feature of a leaf is −1, children count from the tree's root.</param>
    /// <param name="roots">Index of each tree's root.</param>
    /// <param name="trees">Number of trees.</param>
    /// <param name="bias">What the run starts from.</param>
    /// <param name="shape">The sizes.</param>
    public static void Replay(TreeSamples samples, TreeGrowth growth, ArrayView<int> nodes, ArrayView<int> roots, int trees, int bias, TreeShape shape)
    {
        TreeRun run = growth.Runs[0];
        for (long item = Items.First; item < shape.Words; item += Items.Step)
        {
            ulong training = samples.Training[((long)run.Slot * shape.Words) + item], heldOut = Valid((int)item, shape) & ~training, errors = 0, squares = 0;
            int largest = 0;
            for (int j = 0; j < 64; j++)
            {
                long at = ((long)j * shape.Words) + item;
                int residual = Cut(samples.Values[at] - bias);
                for (int tree = 0; tree < trees; tree++)
                {
                    long root = roots[tree], node = 3 * root;
                    for (int feature = nodes[node]; feature >= 0; feature = nodes[node])
                    {
                        int present = (int)(samples.Columns[((long)feature * shape.Words) + item] >> j) & 1;
                        node = 3 * (root + nodes[node + 1] + present);
                    }

                    residual = Cut(residual - nodes[node + 2]);
                }

                samples.Residuals[((long)run.Slot * 64 * shape.Words) + at] = residual;
                ulong square = Square(residual);
                errors += ((heldOut >> j) & 1) != 0 ? square : 0;
                squares += ((training >> j) & 1) != 0 ? square : 0;
                largest = ((training >> j) & 1) != 0 ? Math.Max(largest, Math.Abs(residual)) : largest;
            }

            growth.Squares[2 * item] = errors;
            growth.Squares[(2 * item) + 1] = squares;
            growth.Largest[item] = largest;
            if (item == 0)
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

            ulong training = samples.Training[((long)slot * shape.Words) + word];
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

    /// <summary>
    /// Parts of the histogram of the leaf that is summed. Launch: any; a thread a chunk, run, digit and feature; threads side by side take features side by side, so all but the features' words is
    /// the same for a warp. Moved: 8 bytes a feature and word, coalesced; 48 a word that a warp shares; 8 written a thread. Five popcounts of 64 bits a feature and word; words without a sample of the
    /// leaf are skipped.
    /// </summary>
    /// <param name="samples">Read: rows.</param>
    /// <param name="growth">Read: states, leaf sets, planes; written: parts.</param>
    /// <param name="shape">The sizes.</param>
    public static void Sum(TreeSamples samples, TreeGrowth growth, TreeShape shape)
    {
        int rows = shape.Runs * shape.Digits;
        for (long item = Items.First; item < (long)shape.Chunks * rows * shape.Features; item += Items.Step)
        {
            long rest = Items.Divide(item, shape.Features), feature = item - (rest * shape.Features), chunk = Items.Divide(rest, rows), row = rest - (chunk * rows), run = Items.Divide(row, shape.Digits);
            TreeState state = growth.States[run];
            if (state.Scan == 0)
            {
                continue;
            }

            long leafSet = ((run * shape.MostLeaves) + state.Summed) * shape.Words, plane0 = row * DigitBits * shape.Words;
            long plane1 = plane0 + shape.Words, plane2 = plane1 + shape.Words, plane3 = plane2 + shape.Words, training = (long)growth.Runs[run].Slot * shape.Words;
            long end = Math.Min(shape.Words, (chunk + 1) * shape.ChunkWords);
            int last = row + 1 == (run + 1) * shape.Digits ? -8 : 8, sum = 0, count = 0;
            for (long word = chunk * shape.ChunkWords; word < end; word++)
            {
                ulong leaf = growth.LeafSets[leafSet + word];
                if (leaf != 0)
                {
                    leaf &= samples.Rows[(word * shape.Features) + feature];
                    sum += IntrinsicMath.PopCount(leaf & growth.Planes[plane0 + word]) + (2 * IntrinsicMath.PopCount(leaf & growth.Planes[plane1 + word]))
                        + (4 * IntrinsicMath.PopCount(leaf & growth.Planes[plane2 + word])) + (last * IntrinsicMath.PopCount(leaf & growth.Planes[plane3 + word]));
                    count += IntrinsicMath.PopCount(leaf & samples.Training[training + word]);
                }
            }

            growth.Parts[item] = new TreeBin(sum, count);
        }
    }

    /// <summary>
    /// The histograms of the last split's two leaves, and each one's best split in a tile of features. Launch: one group a run and tile, R × <see cref="TreeShape.Tiles"/>, of at most
    /// <see cref="MostThreads"/> threads (<see cref="TileFeatures"/> are best). Moved, a digit: 8 bytes a feature and chunk, 8 read and 16 written a feature, coalesced; two divisions a feature.
    /// </summary>
    /// <param name="growth">Read: states, leaves, parts; read and written: bins; written: offers.</param>
    /// <param name="shape">The sizes.</param>
    public static void Score(TreeGrowth growth, TreeShape shape)
    {
        ArrayView<double> scores = SharedMemory.Allocate<double>(2 * MostThreads);
        ArrayView<int> places = SharedMemory.Allocate<int>(2 * MostThreads);
        int run = Grid.IdxX / shape.Tiles, tile = Grid.IdxX - (run * shape.Tiles);
        TreeState state = growth.States[run];
        if (state.Scan == 0)
        {
            return;
        }

        bool isRoot = state.Leaves == 1;
        int least = growth.Runs[run].MinSamples, other = state.Leaves - 1;
        long leaves = (long)run * shape.MostLeaves;
        TreeLeaf absent = growth.Leaves[leaves + state.Split], present = growth.Leaves[leaves + other];
        double absentScore = 0, presentScore = 0;
        int absentFeature = int.MaxValue, presentFeature = int.MaxValue;
        int end = Math.Min(shape.Features, (tile + 1) * TileFeatures);
        for (int feature = (tile * TileFeatures) + Group.IdxX; feature < end; feature += Group.DimX)
        {
            // From the highest digit down; every digit has the same counts.
            long absentSum = 0, presentSum = 0;
            int absentCount = 0, presentCount = 0;
            for (int digit = shape.Digits - 1; digit >= 0; digit--)
            {
                int sum = 0, count = 0;
                for (int chunk = 0; chunk < shape.Chunks; chunk++)
                {
                    TreeBin part = growth.Parts[((((((long)chunk * shape.Runs) + run) * shape.Digits) + digit) * shape.Features) + feature];
                    sum += part.Sum;
                    count += part.Count;
                }

                TreeBin bin = new(sum, count);
                long at = ((((leaves + state.Split) * shape.Digits) + digit) * shape.Features) + feature;
                if (!isRoot)
                {
                    TreeBin parent = growth.Bins[at], rest = new(parent.Sum - sum, parent.Count - count);
                    TreeBin otherBin = state.Summed == state.Split ? rest : bin;
                    bin = state.Summed == state.Split ? bin : rest;
                    growth.Bins[((((leaves + other) * shape.Digits) + digit) * shape.Features) + feature] = otherBin;
                    presentSum = (presentSum << DigitBits) + otherBin.Sum;
                    presentCount = otherBin.Count;
                }

                growth.Bins[at] = bin;
                absentSum = (absentSum << DigitBits) + bin.Sum;
                absentCount = bin.Count;
            }

            double absentScoreHere = ScoreOf(absent, absentSum, absentCount, least), presentScoreHere = isRoot ? 0 : ScoreOf(present, presentSum, presentCount, least);
            if (absentScoreHere > absentScore)
            {
                absentScore = absentScoreHere;
                absentFeature = feature;
            }

            if (presentScoreHere > presentScore)
            {
                presentScore = presentScoreHere;
                presentFeature = feature;
            }
        }

        Put(scores, places, 0, absentScore, absentFeature);
        Put(scores, places, 1, presentScore, presentFeature);
        FindBest(scores, places, 0, 2);
        if (Group.IdxX == 0)
        {
            long offer = ((long)run * 2 * shape.Tiles) + tile;
            growth.Offers[offer] = new TreeOffer(scores[0], places[0]);
            growth.Offers[offer + shape.Tiles] = new TreeOffer(scores[MostThreads], places[MostThreads]);
        }
    }

    /// <summary>
    /// Each run's next split, if one gains: the leaf that gains most on its best feature. Launch: one group a run, of at most <see cref="MostThreads"/>. Moved: 32 bytes a tile, 8 a leaf, 32 a
    /// word of the leaf's samples.
    /// </summary>
    /// <param name="samples">Read: columns.</param>
    /// <param name="growth">Read: offers, bins; read and written: states, leaves, leaf sets; written: the record's splits.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="tree">Number of the tree's record.</param>
    public static void Choose(TreeSamples samples, TreeGrowth growth, TreeShape shape, int tree)
    {
        ArrayView<double> scores = SharedMemory.Allocate<double>(3 * MostThreads);
        ArrayView<int> places = SharedMemory.Allocate<int>(3 * MostThreads);
        int run = Grid.IdxX;
        TreeState state = growth.States[run];
        if (state.Active == 0)
        {
            return;
        }

        TreeRun settings = growth.Runs[run];
        long leaves = (long)run * shape.MostLeaves, offers = (long)run * 2 * shape.Tiles;
        int other = state.Leaves - 1;

        // Without a scan neither side of the last split can be split. The only leaf of a tree that begins is the absent side.
        int absentTiles = state.Scan != 0 ? shape.Tiles : 0, presentTiles = state.Leaves > 1 ? absentTiles : 0;
        PutBest(scores, places, 0, growth.Offers, offers, absentTiles);
        PutBest(scores, places, 1, growth.Offers, offers + shape.Tiles, presentTiles);
        FindBest(scores, places, 0, 2);
        TreeLeaf absent = growth.Leaves[leaves + state.Split], present = growth.Leaves[leaves + other];
        double absentGain = scores[0] / absent.Count, presentGain = scores[MostThreads] / present.Count;
        int absentFeature = places[0], presentFeature = places[MostThreads];
        double most = 0;
        int best = int.MaxValue;
        for (int l = Group.IdxX; l < state.Leaves; l += Group.DimX)
        {
            double gain = l == state.Split ? absentGain : l == other ? presentGain : growth.Leaves[leaves + l].Gain;
            if (gain > most)
            {
                most = gain;
                best = l;
            }
        }

        Put(scores, places, 2, most, best);
        FindBest(scores, places, 2, 1);
        most = scores[2 * MostThreads];
        best = places[2 * MostThreads];
        bool splits = most > 0 && state.Leaves < settings.MaxLeaves;
        TreeLeaf leaf = growth.Leaves[leaves + (splits ? best : 0)];
        int feature = best == state.Split ? absentFeature : best == other ? presentFeature : leaf.Feature;

        // All have read what one now writes.
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            growth.Leaves[leaves + other] = new TreeLeaf(present.Count, present.Sum, present.Depth, presentFeature, presentGain);
            growth.Leaves[leaves + state.Split] = new TreeLeaf(absent.Count, absent.Sum, absent.Depth, absentFeature, absentGain);
        }

        if (!splits)
        {
            if (Group.IdxX == 0)
            {
                growth.States[run] = new TreeState(0, 0, state.Leaves, state.Split, state.Summed);
            }

            return;
        }

        long source = (leaves + best) * shape.Words, target = (leaves + state.Leaves) * shape.Words, column = (long)feature * shape.Words;
        for (int word = Group.IdxX; word < shape.Words; word += Group.DimX)
        {
            ulong set = growth.LeafSets[source + word], bits = samples.Columns[column + word];
            growth.LeafSets[target + word] = set & bits;
            growth.LeafSets[source + word] = set & ~bits;
        }

        if (Group.IdxX == 0)
        {
            long sum = 0, bins = ((leaves + best) * shape.Digits * shape.Features) + feature;
            for (int digit = shape.Digits - 1; digit >= 0; digit--)
            {
                sum = (sum << DigitBits) + growth.Bins[bins + ((long)digit * shape.Features)].Sum;
            }

            int count = growth.Bins[bins].Count, rest = leaf.Count - count, depth = leaf.Depth + 1;
            bool scan = depth < settings.MaxDepth && state.Leaves + 1 < settings.MaxLeaves && Math.Max(rest, count) >= 2L * settings.MinSamples;
            growth.Leaves[leaves + best] = new TreeLeaf(rest, leaf.Sum - sum, depth, -1, 0);
            growth.Leaves[leaves + state.Leaves] = new TreeLeaf(count, sum, depth, -1, 0);
            growth.States[run] = new TreeState(1, scan ? 1 : 0, state.Leaves + 1, best, count < rest ? state.Leaves : best);
            long record = ((((long)run * shape.Trees) + tree) * shape.RecordLength) + (2 * state.Leaves) - 1;
            growth.Records[record] = best;
            growth.Records[record + 1] = feature;
        }
    }

    /// <summary>
    /// Parts of the sums of every leaf's training residuals. Launch: any; a thread a run, leaf and part. Moved: 16 bytes a leaf and word, 4 a training sample, scattered.
    /// </summary>
    /// <param name="samples">Read: residuals, training.</param>
    /// <param name="growth">Read: states, leaf sets; written: leaf sums.</param>
    /// <param name="shape">The sizes.</param>
    public static void SumLeaves(TreeSamples samples, TreeGrowth growth, TreeShape shape)
    {
        for (long item = Items.First; item < (long)shape.Runs * shape.MostLeaves * LeafParts; item += Items.Step)
        {
            long place = item / LeafParts, part = item - (place * LeafParts), run = Items.Divide(place, shape.MostLeaves), leaf = place - (run * shape.MostLeaves);
            int slot = growth.Runs[run].Slot, leaves = growth.States[run].Leaves;
            if (leaf >= leaves || leaves == 1)
            {
                continue;
            }

            long residuals = (long)slot * 64 * shape.Words, sum = 0;
            for (long word = part; word < shape.Words; word += LeafParts)
            {
                ulong set = growth.LeafSets[(place * shape.Words) + word] & samples.Training[((long)slot * shape.Words) + word];
                while (set != 0)
                {
                    int j = IntrinsicMath.PopCount((set & (0 - set)) - 1);
                    sum += samples.Residuals[residuals + ((long)j * shape.Words) + word];
                    set &= set - 1;
                }
            }

            growth.LeafSums[item] = sum;
        }
    }

    /// <summary>What every leaf takes off; a tree that is one leaf ends its run. Launch: any; a thread a run and leaf. Moved: 8 bytes a part.</summary>
    /// <param name="samples">Written: which runs have ended.</param>
    /// <param name="growth">Read: leaf sums, states, leaves; written: the record's leaves and steps.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="tree">Number of the tree's record.</param>
    public static void Step(TreeSamples samples, TreeGrowth growth, TreeShape shape, int tree)
    {
        for (long item = Items.First; item < (long)shape.Runs * shape.MostLeaves; item += Items.Step)
        {
            long run = Items.Divide(item, shape.MostLeaves), leaf = item - (run * shape.MostLeaves), record = ((run * shape.Trees) + tree) * shape.RecordLength;
            int leaves = growth.States[run].Leaves;
            if (leaf == 0)
            {
                growth.Records[record] = leaves;
                if (leaves == 1)
                {
                    samples.Ended[growth.Runs[run].Slot] = 1;
                }
            }

            if (leaf < leaves && leaves > 1)
            {
                long sum = 0;
                for (int part = 0; part < LeafParts; part++)
                {
                    sum += growth.LeafSums[(item * LeafParts) + part];
                }

                double step = sum * growth.Runs[run].Rate / growth.Leaves[item].Count;
                growth.Records[record + shape.FirstStep + leaf] = (int)(step + Rounder - Rounder);
            }
        }
    }

    /// <summary>
    /// Takes every leaf's step off its samples' residuals, held out or not, and squares what remains. Launch: any; a thread a run and word. Moved: 8 bytes a leaf and word, 8 a sample, coalesced.
    /// </summary>
    /// <param name="samples">Read: training; read and written: residuals.</param>
    /// <param name="growth">Read: leaf sets, states, records; written: squares, largest.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="tree">Number of the tree's record.</param>
    public static void Update(TreeSamples samples, TreeGrowth growth, TreeShape shape, int tree)
    {
        for (long item = Items.First; item < (long)shape.Runs * shape.Words; item += Items.Step)
        {
            long run = Items.Divide(item, shape.Words), word = item - (run * shape.Words);
            int slot = growth.Runs[run].Slot, leaves = growth.States[run].Leaves;
            if (leaves == 1)
            {
                continue;
            }

            // The samples' leaves, a plane a bit of their numbers.
            ulong bits0 = 0, bits1 = 0, bits2 = 0, bits3 = 0, bits4 = 0, bits5 = 0, bits6 = 0, bits7 = 0;
            long set = (run * shape.MostLeaves * shape.Words) + word;
            for (int leaf = 0; leaf < leaves; leaf++, set += shape.Words)
            {
                ulong members = growth.LeafSets[set];
                bits0 |= members & (0 - (ulong)(leaf & 1));
                bits1 |= members & (0 - (ulong)((leaf >> 1) & 1));
                bits2 |= members & (0 - (ulong)((leaf >> 2) & 1));
                bits3 |= members & (0 - (ulong)((leaf >> 3) & 1));
                bits4 |= members & (0 - (ulong)((leaf >> 4) & 1));
                bits5 |= members & (0 - (ulong)((leaf >> 5) & 1));
                bits6 |= members & (0 - (ulong)((leaf >> 6) & 1));
                bits7 |= members & (0 - (ulong)((leaf >> 7) & 1));
            }

            ulong training = samples.Training[((long)slot * shape.Words) + word], heldOut = Valid((int)word, shape) & ~training, errors = 0, squares = 0;
            int largest = 0;
            long at = ((long)slot * 64 * shape.Words) + word, steps = ((((long)run * shape.Trees) + tree) * shape.RecordLength) + shape.FirstStep;
            for (int j = 0; j < 64; j++, at += shape.Words)
            {
                int leaf = (int)((bits0 >> j) & 1) | ((int)((bits1 >> j) & 1) << 1) | ((int)((bits2 >> j) & 1) << 2) | ((int)((bits3 >> j) & 1) << 3)
                    | ((int)((bits4 >> j) & 1) << 4) | ((int)((bits5 >> j) & 1) << 5) | ((int)((bits6 >> j) & 1) << 6) | ((int)((bits7 >> j) & 1) << 7);
                int residual = Cut(samples.Residuals[at] - growth.Records[steps + leaf]);
                samples.Residuals[at] = residual;
                ulong square = Square(residual);
                errors += ((heldOut >> j) & 1) != 0 ? square : 0;
                squares += ((training >> j) & 1) != 0 ? square : 0;
                largest = ((training >> j) & 1) != 0 ? Math.Max(largest, Math.Abs(residual)) : largest;
            }

            growth.Squares[2 * item] = errors;
            growth.Squares[(2 * item) + 1] = squares;
            growth.Largest[item] = largest;
        }
    }

    /// <summary>
    /// Each run's held-out error, and the shift of its next tree: the least for which the largest training residual fits a gradient's range, or, for quantized gradients, for which that range is
    /// eight times the residuals' root mean square. Launch: one group a run, of at most <see cref="MostThreads"/>. Moved: 20 bytes a word, coalesced.
    /// </summary>
    /// <param name="samples">Read: which runs have ended; written: shifts.</param>
    /// <param name="growth">Read: squares, largest; written: errors.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="tree">Number of the tree's record.</param>
    public static void Judge(TreeSamples samples, TreeGrowth growth, TreeShape shape, int tree)
    {
        ArrayView<long> shared = SharedMemory.Allocate<long>(5 * MostThreads);
        int run = Grid.IdxX;
        TreeRun settings = growth.Runs[run];
        if (samples.Ended[settings.Slot] != 0)
        {
            return;
        }

        // A word's squares are below 2^57 and all below 2^72: upper and lower halves add up apart.
        long errorsHigh = 0, errorsLow = 0, squaresHigh = 0, squaresLow = 0;
        int largest = 0;
        for (int word = Group.IdxX; word < shape.Words; word += Group.DimX)
        {
            long at = ((long)run * shape.Words) + word;
            ulong errors = growth.Squares[2 * at], squares = growth.Squares[(2 * at) + 1];
            errorsHigh += (long)(errors >> 32);
            errorsLow += (long)(errors & uint.MaxValue);
            squaresHigh += (long)(squares >> 32);
            squaresLow += (long)(squares & uint.MaxValue);
            largest = Math.Max(largest, growth.Largest[at]);
        }

        shared[Group.IdxX] = errorsHigh;
        shared[MostThreads + Group.IdxX] = errorsLow;
        shared[(2 * MostThreads) + Group.IdxX] = squaresHigh;
        shared[(3 * MostThreads) + Group.IdxX] = squaresLow;
        shared[(4 * MostThreads) + Group.IdxX] = largest;
        AddRows(shared, 4, 1);
        if (Group.IdxX == 0)
        {
            errorsHigh = shared[0];
            errorsLow = shared[MostThreads];
            squaresHigh = shared[2 * MostThreads];
            squaresLow = shared[3 * MostThreads];
            largest = (int)shared[4 * MostThreads];
            long record = 2 * (((long)run * shape.Trees) + tree);
            growth.Errors[record] = (ulong)(errorsHigh + (errorsLow >> 32));
            growth.Errors[record + 1] = (ulong)(errorsLow & uint.MaxValue);

            // Either half is exact in float64, so their sum is rounded once; powers of two round nothing.
            double squares = ((squaresHigh + (squaresLow >> 32)) * 4294967296.0) + (squaresLow & uint.MaxValue);
            double reach = squares * ((1 << (2 * ErrorShift)) * ReachDeviations * ReachDeviations), range = (double)settings.TrainingCount * (QuantizedLimit * QuantizedLimit);
            int shift = 0;
            while (Round(largest, shift) > settings.Limit && (range < reach || settings.Limit > QuantizedLimit))
            {
                shift++;
                range *= 4;
            }

            samples.Shifts[settings.Slot] = shift;
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

    private static double ScoreOf(TreeLeaf leaf, long presentSum, int presentCount, int least)
    {
        int absentCount = leaf.Count - presentCount;
        if (presentCount < least || absentCount < least)
        {
            return 0;
        }

        double difference = (leaf.Count * presentSum) - (presentCount * leaf.Sum);
        return difference * difference / ((double)presentCount * absentCount);
    }

    // The best of some offers that the thread looks at, into a row.
    private static void PutBest(ArrayView<double> scores, ArrayView<int> places, int row, ArrayView<TreeOffer> offers, long first, int count)
    {
        double score = 0;
        int feature = int.MaxValue;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            TreeOffer offer = offers[first + i];
            if (offer.Score > score || (offer.Score == score && offer.Feature < feature))
            {
                score = offer.Score;
                feature = offer.Feature;
            }
        }

        Put(scores, places, row, score, feature);
    }

    // The thread's score and place into a row.
    private static void Put(ArrayView<double> scores, ArrayView<int> places, int row, double score, int place)
    {
        scores[(row * MostThreads) + Group.IdxX] = score;
        places[(row * MostThreads) + Group.IdxX] = place;
    }

    // Of each of some rows the largest score, of equal ones that of the lowest place, for all threads at the row's beginning.
    private static void FindBest(ArrayView<double> scores, ArrayView<int> places, int firstRow, int rows)
    {
        for (int half = HalfOfGroup(); half > 0; half >>= 1)
        {
            Group.Barrier();
            if (Group.IdxX < half && Group.IdxX + half < Group.DimX)
            {
                for (int row = firstRow; row < firstRow + rows; row++)
                {
                    int at = (row * MostThreads) + Group.IdxX, with = at + half;
                    if (scores[with] > scores[at] || (scores[with] == scores[at] && places[with] < places[at]))
                    {
                        scores[at] = scores[with];
                        places[at] = places[with];
                    }
                }
            }
        }

        Group.Barrier();
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
