using ILGPU;

namespace Spex.Kernels;

/// <content>Leaves: their steps, what these leave of the residuals, and the errors.</content>
public static partial class TreeKernels
{
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

            long residuals = (long)slot * 64 * shape.Words, training = (long)growth.Runs[run].Seen * shape.Words, sum = 0;
            for (long word = part; word < shape.Words; word += LeafParts)
            {
                ulong set = growth.LeafSets[(place * shape.Words) + word] & samples.Training[training + word];
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

            ulong training = samples.Training[((long)growth.Runs[run].Seen * shape.Words) + word], heldOut = Valid((int)word, shape) & ~training, errors = 0, squares = 0;
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
}
