using ILGPU;

namespace Spex.Kernels;

/// <summary>
/// Sparse regression on Fourier characters along a path of thresholds, for all samples and with each fold left out: which sets enter, the Gram matrix of those that have, coordinate descent
/// on it, and the residuals.
/// </summary>
/// <remarks>
/// <para>
/// A function's problem k leaves the samples [boundaries[k], boundaries[k+1]) out, its last problem none; all functions' problems lie one after another. A problem's coefficients are p numbers;
/// its list holds the sets that have entered, in the order of their coming. The sets of a function's lists have numbers of their own, 0, 1, …, by which its Gram matrix is laid out.
/// </para>
/// <para>
/// Sums run over lanes of a fixed number and then over the lanes in order, whatever the group size: the same bits. Items that must be found in order are counted lane by lane over contiguous
/// parts, then written. No atomics.
/// </para>
/// </remarks>
public static partial class RegressionKernels
{
    // Contiguous parts of a list, and of a sum over samples.
    private const int Parts = 32;
    private const int Lanes = 256;

    /// <summary>
    /// Lets in what the threshold no longer holds back: sets with |X_jᵀr| above threshold · weight · size; none where the threshold is not a number. Launch: one group a problem, any group size.
    /// Moved: 17 bytes a set, twice.
    /// </summary>
    /// <param name="products">Problems × p numbers X_jᵀr.</param>
    /// <param name="weights">Functions × p numbers.</param>
    /// <param name="denied">Problems × p: 1 where a problem may not use a set.</param>
    /// <param name="entered">Problems × p: 1 where a set has entered.</param>
    /// <param name="lists">Problems × p: the sets that have, in order.</param>
    /// <param name="counts">A number a problem: the lists' lengths.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="thresholds">λ of each function.</param>
    /// <param name="shape">The sizes.</param>
    public static void Enter(
        ArrayView<double> products,
        ArrayView<double> weights,
        ArrayView<byte> denied,
        ArrayView<byte> entered,
        ArrayView<int> lists,
        ArrayView<int> counts,
        ArrayView<int> boundaries,
        ArrayView<double> thresholds,
        RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        int list = Grid.IdxX, function = list / shape.Problems, part = (shape.Sets + Parts - 1) / Parts, before = counts[list];
        long row = (long)list * shape.Sets;
        ArrayView<double> own = weights.SubView((long)function * shape.Sets, shape.Sets);
        double bar = thresholds[function] * SizeOf(boundaries, list - (function * shape.Problems), shape);
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int sum = 0;
            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                sum += Enters(products, own, denied, entered, row, j, bar) ? 1 : 0;
            }

            found[lane] = sum;
        }

        Group.Barrier();
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int at = before;
            for (int other = 0; other < lane; other++)
            {
                at += found[other];
            }

            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                if (Enters(products, own, denied, entered, row, j, bar))
                {
                    lists[row + at] = j;
                    entered[row + j] = 1;
                    at++;
                }
            }

            if (lane == Parts - 1)
            {
                counts[list] = at;
            }
        }
    }

    /// <summary>
    /// Numbers the sets that are in any of a function's lists and have no number yet, in their order. Launch: one group a function, any group size. Moved: 4 + problems bytes a set, twice.
    /// </summary>
    /// <param name="entered">Functions × problems × p: 1 where a set has entered.</param>
    /// <param name="numbers">Functions × p numbers; −1 for a set that has none.</param>
    /// <param name="numbered">Functions × p: the sets by their numbers.</param>
    /// <param name="totals">How many of each function have a number.</param>
    /// <param name="shape">The sizes.</param>
    public static void Number(ArrayView<byte> entered, ArrayView<int> numbers, ArrayView<int> numbered, ArrayView<int> totals, RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        int function = Grid.IdxX, part = (shape.Sets + Parts - 1) / Parts, before = totals[function];
        long row = (long)function * shape.Sets;
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int sum = 0;
            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                sum += IsNew(entered, numbers, function, j, shape) ? 1 : 0;
            }

            found[lane] = sum;
        }

        Group.Barrier();
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int at = before;
            for (int other = 0; other < lane; other++)
            {
                at += found[other];
            }

            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                if (IsNew(entered, numbers, function, j, shape))
                {
                    numbers[row + j] = at;
                    numbered[row + at] = j;
                    at++;
                }
            }

            if (lane == Parts - 1)
            {
                totals[function] = at;
            }
        }
    }

    /// <summary>
    /// Gathers the columns of the sets that have been numbered since, side by side and beside those of the others; 0 where a function has fewer than any. Launch: any; a thread a word.
    /// Moved: 24 bytes a word, coalesced.
    /// </summary>
    /// <param name="columns">Functions × p × W words.</param>
    /// <param name="numbered">Functions × p: the sets by their numbers.</param>
    /// <param name="known">How many of each function had a number before.</param>
    /// <param name="totals">How many have.</param>
    /// <param name="most">The most sets that are new in any function.</param>
    /// <param name="entering">Takes functions × most × W words.</param>
    /// <param name="entered">Takes them among functions × capacity × W words.</param>
    /// <param name="capacity">Room for so many sets a function.</param>
    /// <param name="shape">The sizes.</param>
    public static void TakeColumns(
        ArrayView<ulong> columns,
        ArrayView<int> numbered,
        ArrayView<int> known,
        ArrayView<int> totals,
        int most,
        ArrayView<ulong> entering,
        ArrayView<ulong> entered,
        int capacity,
        RegressionShape shape)
    {
        for (long item = Items.First; item < (long)shape.Functions * most * shape.Words; item += Items.Step)
        {
            long place = Items.Divide(item, shape.Words), word = item - (place * shape.Words), function = Items.Divide(place, most), number = known[function] + place - (function * most);
            ulong taken = 0;
            if (number < totals[function])
            {
                taken = columns[(((function * shape.Sets) + numbered[(function * shape.Sets) + number]) * shape.Words) + word];
                entered[(((function * capacity) + number) * shape.Words) + word] = taken;
            }

            entering[item] = taken;
        }
    }

    /// <summary>
    /// X_aᵀX_b = N − 2·differing into the rows and columns of new sets. Launch: any; a thread a pair. Moved: 12 bytes a pair.
    /// </summary>
    /// <param name="differing">Functions × most × count numbers: samples in which a new set and any set differ.</param>
    /// <param name="known">How many sets of each function had a number before.</param>
    /// <param name="totals">How many have.</param>
    /// <param name="gram">Functions × capacity × capacity numbers; sums of signs, exact in float32 up to 2^24 samples.</param>
    /// <param name="most">The most sets that are new in any function.</param>
    /// <param name="count">The most sets of any function.</param>
    /// <param name="capacity">Numbers from one row of a matrix to the next.</param>
    /// <param name="shape">The sizes.</param>
    public static void PlaceGram(ArrayView<int> differing, ArrayView<int> known, ArrayView<int> totals, ArrayView<float> gram, int most, int count, int capacity, RegressionShape shape)
    {
        for (long item = Items.First; item < (long)shape.Functions * most * count; item += Items.Step)
        {
            long row = Items.Divide(item, count), a = item - (row * count), function = Items.Divide(row, most), b = known[function] + row - (function * most);
            if (b < totals[function] && a < totals[function])
            {
                float product = shape.Samples - (2 * differing[item]);
                long matrix = function * capacity * capacity;
                gram[matrix + (b * capacity) + a] = product;
                gram[matrix + (a * capacity) + b] = product;
            }
        }
    }

    /// <summary>Copies matrices into such of longer rows. Launch: any; a thread a number. Moved: 8 bytes a number, coalesced.</summary>
    public static void WidenGram(ArrayView<float> gram, int capacity, ArrayView<float> wider, int widerCapacity, int functions)
    {
        for (long item = Items.First; item < (long)functions * capacity * capacity; item += Items.Step)
        {
            long row = Items.Divide(item, capacity), column = item - (row * capacity), function = Items.Divide(row, capacity);
            wider[(((function * widerCapacity) + row - (function * capacity)) * widerCapacity) + column] = gram[item];
        }
    }

    /// <summary>Copies the columns that have entered into more room. Launch: any; a thread a word. Moved: 16 bytes a word, coalesced.</summary>
    public static void WidenColumns(ArrayView<ulong> entered, int capacity, ArrayView<ulong> wider, int widerCapacity, RegressionShape shape)
    {
        long own = (long)capacity * shape.Words;
        for (long item = Items.First; item < shape.Functions * own; item += Items.Step)
        {
            long function = item / own;
            wider[(function * widerCapacity * shape.Words) + item - (function * own)] = entered[item];
        }
    }

    /// <summary>
    /// Coordinate descent over a problem's list: z = β + products, shrunk, for at most so many sweeps or until nothing changes by more than a share of the threshold. Launch: one group a
    /// problem, any group size (256 threads are best). Moved: 20 bytes a coefficient that changes and set that has entered; two barriers a change.
    /// </summary>
    /// <param name="products">Problems × p numbers X_jᵀr.</param>
    /// <param name="weights">Functions × p numbers.</param>
    /// <param name="lists">Problems × p: the problems' sets.</param>
    /// <param name="counts">The lists' lengths.</param>
    /// <param name="numbers">Functions × p: the sets' numbers.</param>
    /// <param name="numbered">Functions × p: the sets by their numbers.</param>
    /// <param name="totals">How many of each function have a number.</param>
    /// <param name="gram">The functions' Gram matrices by numbers.</param>
    /// <param name="coefficients">Problems × p coefficients β.</param>
    /// <param name="work">Problems × capacity numbers of room.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="thresholds">λ of each function; not a number where nothing is to change.</param>
    /// <param name="path">The rule.</param>
    /// <param name="shape">The sizes.</param>
    public static void Descend(
        ArrayView<double> products,
        ArrayView<double> weights,
        ArrayView<int> lists,
        ArrayView<int> counts,
        ArrayView<int> numbers,
        ArrayView<int> numbered,
        ArrayView<int> totals,
        ArrayView<float> gram,
        ArrayView<double> coefficients,
        ArrayView<double> work,
        ArrayView<int> boundaries,
        ArrayView<double> thresholds,
        RegressionStep path,
        RegressionShape shape)
    {
        int list = Grid.IdxX, function = list / shape.Problems, count = counts[list], total = totals[function];
        long row = (long)list * shape.Sets, own = (long)list * path.Capacity, ofFunction = (long)function * shape.Sets, matrix = (long)function * path.Capacity * path.Capacity;
        double size = SizeOf(boundaries, list - (function * shape.Problems), shape), threshold = thresholds[function];
        if (!(threshold >= 0))
        {
            return;
        }

        for (int b = Group.IdxX; b < total; b += Group.DimX)
        {
            work[own + b] = products[row + numbered[ofFunction + b]] / size;
        }

        Group.Barrier();
        double largest = double.PositiveInfinity;
        for (int sweep = 0; sweep < path.MostSweeps && largest >= path.Converged * threshold; sweep++)
        {
            largest = 0;
            for (int a = 0; a < count; a++)
            {
                // Every thread computes the change from the same numbers; between reading and writing them lies a barrier.
                int set = lists[row + a], number = numbers[ofFunction + set];
                double old = coefficients[row + set], next = Shrink(old + work[own + number], threshold * weights[ofFunction + set], path.Soft), change = next - old;
                if (change == 0)
                {
                    continue;
                }

                double amount = change < 0 ? -change : change, factor = change / shape.Samples;
                largest = amount > largest ? amount : largest;
                Group.Barrier();
                for (int b = Group.IdxX; b < total; b += Group.DimX)
                {
                    double part = factor * gram[matrix + ((long)number * path.Capacity) + b];
                    work[own + b] -= part;
                }

                if (Group.IdxX == 0)
                {
                    coefficients[row + set] = old + change;
                }

                Group.Barrier();
            }
        }
    }

    /// <summary>
    /// y − Xβ of every function's problems: 0 where the sample is left out, whose squared error is kept instead. Launch: any; a thread a sample and problem. Moved: a bit a sample and set of the
    /// list, and 16 bytes a sample.
    /// </summary>
    /// <param name="columns">Functions × p × W words.</param>
    /// <param name="values">Functions × N values y.</param>
    /// <param name="lists">Functions × problems × p: the problems' sets.</param>
    /// <param name="counts">The lists' lengths.</param>
    /// <param name="coefficients">Functions × problems × p coefficients.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="residuals">Functions × problems × N numbers.</param>
    /// <param name="errors">Functions × N numbers: each sample's by the problem that leaves it out.</param>
    /// <param name="shape">The sizes.</param>
    public static void Residuals(
        ArrayView<ulong> columns,
        ArrayView<double> values,
        ArrayView<int> lists,
        ArrayView<int> counts,
        ArrayView<double> coefficients,
        ArrayView<int> boundaries,
        ArrayView<double> residuals,
        ArrayView<double> errors,
        RegressionShape shape)
    {
        for (long item = Items.First; item < (long)shape.Functions * shape.Problems * shape.Samples; item += Items.Step)
        {
            long list = Items.Divide(item, shape.Samples), function = Items.Divide(list, shape.Problems);
            int problem = (int)(list - (function * shape.Problems)), sample = (int)(item - (list * shape.Samples)), bit = sample & 63;
            long row = list * shape.Sets, word = (function * shape.Sets * shape.Words) + (sample >> 6), value = (function * shape.Samples) + sample;
            double sum = 0;
            for (int a = 0; a < counts[list]; a++)
            {
                int set = lists[row + a];
                double coefficient = coefficients[row + set];
                if (coefficient != 0)
                {
                    sum += ((columns[((long)set * shape.Words) + word] >> bit) & 1) == 0 ? coefficient : -coefficient;
                }
            }

            double residual = values[value] - sum;
            bool isLeftOut = problem < shape.Problems - 1 && sample >= boundaries[problem] && sample < boundaries[problem + 1];
            residuals[item] = isLeftOut ? 0 : residual;
            if (isLeftOut)
            {
                errors[value] = residual * residual;
            }
        }
    }

    /// <summary>The sum of each row's numbers. Launch: one group a row, any group size. Moved: 8 bytes a number.</summary>
    public static void Sum(ArrayView<double> numbers, int count, ArrayView<double> sums)
    {
        ArrayView<double> partial = SharedMemory.Allocate<double>(Lanes);
        long row = (long)Grid.IdxX * count;
        for (int lane = Group.IdxX; lane < Lanes; lane += Group.DimX)
        {
            double own = 0;
            for (int i = lane; i < count; i += Lanes)
            {
                own += numbers[row + i];
            }

            partial[lane] = own;
        }

        Group.Barrier();
        if (Group.IdxX == 0)
        {
            double all = 0;
            for (int lane = 0; lane < Lanes; lane++)
            {
                all += partial[lane];
            }

            sums[Grid.IdxX] = all;
        }
    }

    /// <summary>Sums of contiguous groups of each row's numbers: number i of a row belongs to group ⌊i·groups/count⌋. Launch: any; a thread a group. Moved: 8 bytes a number.</summary>
    public static void SumGroups(ArrayView<double> numbers, int count, int rows, ArrayView<double> sums, int groups)
    {
        for (long item = Items.First; item < (long)rows * groups; item += Items.Step)
        {
            long row = Items.Divide(item, groups), group = item - (row * groups), first = ((group * count) + groups - 1) / groups, end = (((group + 1) * count) + groups - 1) / groups;
            double sum = 0;
            for (long i = first; i < end; i++)
            {
                sum += numbers[(row * count) + i];
            }

            sums[item] = sum;
        }
    }

    /// <summary>The largest (|X_jᵀr| + |X_0ᵀr|) / (size · weight) of each function's last problem. Launch: one group a function, any group size. Moved: 17 bytes a set.</summary>
    public static void LargestThreshold(ArrayView<double> products, ArrayView<double> weights, ArrayView<byte> denied, ArrayView<double> largest, RegressionShape shape)
    {
        ArrayView<double> partial = SharedMemory.Allocate<double>(Lanes);
        int function = Grid.IdxX;
        long row = (((long)function * shape.Problems) + shape.Problems - 1) * shape.Sets, ofFunction = (long)function * shape.Sets;
        double constant = Absolute(products[row]);
        for (int lane = Group.IdxX; lane < Lanes; lane += Group.DimX)
        {
            double own = 0;
            for (int j = lane + 1; j < shape.Sets; j += Lanes)
            {
                if (denied[row + j] == 0)
                {
                    double z = (Absolute(products[row + j]) + constant) / shape.Samples / weights[ofFunction + j];
                    own = z > own ? z : own;
                }
            }

            partial[lane] = own;
        }

        Group.Barrier();
        if (Group.IdxX == 0)
        {
            double most = 0;
            for (int lane = 0; lane < Lanes; lane++)
            {
                most = partial[lane] > most ? partial[lane] : most;
            }

            largest[function] = most;
        }
    }

    private static double Absolute(double value) => value < 0 ? -value : value;

    private static int SizeOf(ArrayView<int> boundaries, int problem, RegressionShape shape) =>
        problem < shape.Problems - 1 ? shape.Samples - (boundaries[problem + 1] - boundaries[problem]) : shape.Samples;

    private static bool Enters(ArrayView<double> products, ArrayView<double> weights, ArrayView<byte> denied, ArrayView<byte> entered, long row, int set, double bar) =>
        set > 0 && entered[row + set] == 0 && denied[row + set] == 0 && Absolute(products[row + set]) > bar * weights[set];

    private static bool IsNew(ArrayView<byte> entered, ArrayView<int> numbers, int function, int set, RegressionShape shape)
    {
        bool isIn = false;
        for (int problem = 0; problem < shape.Problems && numbers[((long)function * shape.Sets) + set] < 0; problem++)
        {
            isIn |= entered[((((long)function * shape.Problems) + problem) * shape.Sets) + set] != 0;
        }

        return isIn;
    }

    private static double Shrink(double z, double threshold, int soft)
    {
        double size = Absolute(z), left = size - threshold;
        return size <= threshold ? 0
            : soft != 0 ? z < 0 ? -left : left
            : z * (1 - (threshold * threshold / (z * z)));
    }
}
