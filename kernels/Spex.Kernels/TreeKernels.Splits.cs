using ILGPU;

namespace Spex.Kernels;

/// <content>Splits: histograms, their scores, and the leaf that is split next.</content>
public static partial class TreeKernels
{
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
            long plane1 = plane0 + shape.Words, plane2 = plane1 + shape.Words, plane3 = plane2 + shape.Words, training = (long)growth.Runs[run].Seen * shape.Words;
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
}
