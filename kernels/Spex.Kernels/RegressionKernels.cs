using ILGPU;

namespace Spex.Kernels;

/// <summary>
/// Sparse regression on Fourier characters along a path of thresholds, for all samples and with each fold left out: which sets enter, the Gram matrix of those that have, coordinate descent
/// on it, and the residuals.
/// </summary>
/// <remarks>
/// <para>
/// Problem k leaves the samples [boundaries[k], boundaries[k+1]) out, the last problem none. A problem's coefficients are p numbers; its list holds the sets that have entered, in the order
/// of their coming. The sets of all lists have numbers of their own, 0, 1, …, by which the Gram matrix is laid out.
/// </para>
/// <para>
/// Sums run over lanes of a fixed number and then over the lanes in order, whatever the group size: the same bits. Items that must be found in order are counted lane by lane over contiguous
/// parts, then written. No atomics.
/// </para>
/// </remarks>
public static class RegressionKernels
{
    // Contiguous parts of a list, and of a sum over samples.
    private const int Parts = 32;
    private const int Lanes = 256;

    /// <summary>
    /// Lets in what the threshold no longer holds back: sets with |X_jᵀr| above threshold · weight · size. Launch: one group a problem, any group size. Moved: 17 bytes a set, twice.
    /// </summary>
    /// <param name="products">Problems × p numbers X_jᵀr.</param>
    /// <param name="weights">p numbers.</param>
    /// <param name="denied">Problems × p: 1 where a problem may not use a set.</param>
    /// <param name="entered">Problems × p: 1 where a set has entered.</param>
    /// <param name="lists">Problems × p: the sets that have, in order.</param>
    /// <param name="counts">A number a problem: the lists' lengths.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="threshold">λ.</param>
    /// <param name="shape">The sizes.</param>
    public static void Enter(
        ArrayView<double> products,
        ArrayView<double> weights,
        ArrayView<byte> denied,
        ArrayView<byte> entered,
        ArrayView<int> lists,
        ArrayView<int> counts,
        ArrayView<int> boundaries,
        double threshold,
        RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        int problem = Grid.IdxX, part = (shape.Sets + Parts - 1) / Parts, before = counts[problem];
        long row = (long)problem * shape.Sets;
        double bar = threshold * SizeOf(boundaries, problem, shape);
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int sum = 0;
            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                sum += Enters(products, weights, denied, entered, row, j, bar) ? 1 : 0;
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
                if (Enters(products, weights, denied, entered, row, j, bar))
                {
                    lists[row + at] = j;
                    entered[row + j] = 1;
                    at++;
                }
            }

            if (lane == Parts - 1)
            {
                counts[problem] = at;
            }
        }
    }

    /// <summary>Numbers the sets that are in any list and have no number yet, in their order. Launch: one group, any group size. Moved: 4 + problems bytes a set, twice.</summary>
    /// <param name="entered">Problems × p: 1 where a set has entered.</param>
    /// <param name="numbers">p numbers; −1 for a set that has none.</param>
    /// <param name="numbered">The sets by their numbers.</param>
    /// <param name="total">How many have a number.</param>
    /// <param name="shape">The sizes.</param>
    public static void Number(ArrayView<byte> entered, ArrayView<int> numbers, ArrayView<int> numbered, ArrayView<int> total, RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        int part = (shape.Sets + Parts - 1) / Parts, before = total[0];
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int sum = 0;
            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                sum += IsNew(entered, numbers, j, shape) ? 1 : 0;
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
                if (IsNew(entered, numbers, j, shape))
                {
                    numbers[j] = at;
                    numbered[at] = j;
                    at++;
                }
            }

            if (lane == Parts - 1)
            {
                total[0] = at;
            }
        }
    }

    /// <summary>Gathers the columns of numbered sets. Launch: any; a thread a word. Moved: 16 bytes a word, coalesced.</summary>
    /// <param name="columns">p × W words.</param>
    /// <param name="numbered">The sets by their numbers.</param>
    /// <param name="first">The first number.</param>
    /// <param name="count">How many.</param>
    /// <param name="target">Takes count × W words.</param>
    /// <param name="words">W.</param>
    public static void TakeColumns(ArrayView<ulong> columns, ArrayView<int> numbered, int first, int count, ArrayView<ulong> target, int words)
    {
        for (long item = Items.First; item < (long)count * words; item += Items.Step)
        {
            long number = Items.Divide(item, words);
            target[item] = columns[((long)numbered[first + number] * words) + (item - (number * words))];
        }
    }

    /// <summary>
    /// X_aᵀX_b = N − 2·differing into the rows and columns of new sets. Launch: any; a thread a pair. Moved: 12 bytes a pair.
    /// </summary>
    /// <param name="differing">(count − known) × count numbers: samples in which a new set and any set differ.</param>
    /// <param name="gram">capacity × capacity numbers; sums of signs, exact in float32 up to 2^24 samples.</param>
    /// <param name="known">Sets that were there before.</param>
    /// <param name="count">Sets.</param>
    /// <param name="capacity">Numbers from one row of the matrix to the next.</param>
    /// <param name="samples">N.</param>
    public static void PlaceGram(ArrayView<int> differing, ArrayView<float> gram, int known, int count, int capacity, int samples)
    {
        for (long item = Items.First; item < (long)(count - known) * count; item += Items.Step)
        {
            long row = Items.Divide(item, count), a = item - (row * count), b = known + row;
            float product = samples - (2 * differing[item]);
            gram[(b * capacity) + a] = product;
            gram[(a * capacity) + b] = product;
        }
    }

    /// <summary>Copies a matrix into one of longer rows. Launch: any; a thread a number. Moved: 8 bytes a number, coalesced.</summary>
    public static void WidenGram(ArrayView<float> gram, int capacity, ArrayView<float> wider, int widerCapacity, int count)
    {
        for (long item = Items.First; item < (long)count * count; item += Items.Step)
        {
            long row = Items.Divide(item, count), column = item - (row * count);
            wider[(row * widerCapacity) + column] = gram[(row * capacity) + column];
        }
    }

    /// <summary>
    /// Coordinate descent over a problem's list: z = β + products, shrunk, for at most so many sweeps or until nothing changes by more than a share of the threshold. Launch: one group a
    /// problem, any group size (256 threads are best). Moved: 20 bytes a coefficient that changes and set that has entered; two barriers a change.
    /// </summary>
    /// <param name="products">Problems × p numbers X_jᵀr.</param>
    /// <param name="weights">p numbers.</param>
    /// <param name="lists">Problems × p: the problems' sets.</param>
    /// <param name="counts">The lists' lengths.</param>
    /// <param name="numbers">The sets' numbers.</param>
    /// <param name="numbered">The sets by their numbers.</param>
    /// <param name="gram">The Gram matrix by numbers.</param>
    /// <param name="coefficients">Problems × p coefficients β.</param>
    /// <param name="work">Problems × capacity numbers of room.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="path">The threshold and the rule.</param>
    /// <param name="shape">The sizes.</param>
    public static void Descend(
        ArrayView<double> products,
        ArrayView<double> weights,
        ArrayView<int> lists,
        ArrayView<int> counts,
        ArrayView<int> numbers,
        ArrayView<int> numbered,
        ArrayView<float> gram,
        ArrayView<double> coefficients,
        ArrayView<double> work,
        ArrayView<int> boundaries,
        RegressionStep path,
        RegressionShape shape)
    {
        int problem = Grid.IdxX, count = counts[problem];
        long row = (long)problem * shape.Sets, own = (long)problem * path.Capacity;
        double size = SizeOf(boundaries, problem, shape);
        for (int b = Group.IdxX; b < path.Count; b += Group.DimX)
        {
            work[own + b] = products[row + numbered[b]] / size;
        }

        Group.Barrier();
        double largest = double.PositiveInfinity;
        for (int sweep = 0; sweep < path.MostSweeps && largest >= path.Converged * path.Threshold; sweep++)
        {
            largest = 0;
            for (int a = 0; a < count; a++)
            {
                // Every thread computes the change from the same numbers; between reading and writing them lies a barrier.
                int set = lists[row + a], number = numbers[set];
                double old = coefficients[row + set], next = Shrink(old + work[own + number], path.Threshold * weights[set], path.Soft), change = next - old;
                if (change == 0)
                {
                    continue;
                }

                double amount = change < 0 ? -change : change, factor = change / shape.Samples;
                largest = amount > largest ? amount : largest;
                Group.Barrier();
                for (int b = Group.IdxX; b < path.Count; b += Group.DimX)
                {
                    double part = factor * gram[((long)number * path.Capacity) + b];
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

    /// <summary>The largest (|X_jᵀr| + |X_0ᵀr|) / (size · weight) of the last problem. Launch: one group, any group size. Moved: 16 bytes a set.</summary>
    public static void LargestThreshold(ArrayView<double> products, ArrayView<double> weights, ArrayView<double> largest, RegressionShape shape)
    {
        ArrayView<double> partial = SharedMemory.Allocate<double>(Lanes);
        long row = (long)(shape.Problems - 1) * shape.Sets;
        double constant = Absolute(products[row]);
        for (int lane = Group.IdxX; lane < Lanes; lane += Group.DimX)
        {
            double own = 0;
            for (int j = lane + 1; j < shape.Sets; j += Lanes)
            {
                double z = (Absolute(products[row + j]) + constant) / shape.Samples / weights[j];
                own = z > own ? z : own;
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

            largest[0] = most;
        }
    }

    /// <summary>Lists the coefficients that are not 0, in the order of the sets. Launch: one group a problem, any group size. Moved: 8 bytes a set, twice.</summary>
    /// <param name="coefficients">Problems × p coefficients.</param>
    /// <param name="sets">Takes problems × p numbers of sets.</param>
    /// <param name="values">Takes problems × p coefficients.</param>
    /// <param name="counts">Takes how many a problem.</param>
    /// <param name="shape">The sizes.</param>
    public static void ListTerms(ArrayView<double> coefficients, ArrayView<int> sets, ArrayView<double> values, ArrayView<int> counts, RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        int part = (shape.Sets + Parts - 1) / Parts;
        long row = (long)Grid.IdxX * shape.Sets;
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int sum = 0;
            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                sum += coefficients[row + j] != 0 ? 1 : 0;
            }

            found[lane] = sum;
        }

        Group.Barrier();
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int at = 0;
            for (int other = 0; other < lane; other++)
            {
                at += found[other];
            }

            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                if (coefficients[row + j] != 0)
                {
                    sets[row + at] = j;
                    values[row + at] = coefficients[row + j];
                    at++;
                }
            }

            if (lane == Parts - 1)
            {
                counts[Grid.IdxX] = at;
            }
        }
    }

    /// <summary>
    /// For each problem the members with the largest |sum|, ascending by number; of equal ones the lower numbers. The bar is found bit by bit, then what is above it is listed. Launch: one group
    /// a problem, any group size. Moved: 9 bytes a candidate, 65 times, mostly from a cache.
    /// </summary>
    /// <param name="sums">Problems × count numbers.</param>
    /// <param name="members">Problems × count: 1 where a candidate is the problem's.</param>
    /// <param name="count">Candidates.</param>
    /// <param name="most">How many to list.</param>
    /// <param name="strongest">Takes problems × most numbers.</param>
    /// <param name="counts">Takes how many a problem.</param>
    public static void Strongest(ArrayView<double> sums, ArrayView<byte> members, int count, int most, ArrayView<int> strongest, ArrayView<int> counts)
    {
        ArrayView<int> partial = SharedMemory.Allocate<int>(Lanes);
        int part = (count + Parts - 1) / Parts;
        long row = (long)Grid.IdxX * count;
        ulong bar = 0;
        for (int bit = 62; bit >= 0; bit--)
        {
            ulong tried = bar | (1UL << bit);
            for (int lane = Group.IdxX; lane < Lanes; lane += Group.DimX)
            {
                int sum = 0;
                for (int j = lane; j < count; j += Lanes)
                {
                    sum += members[row + j] != 0 && KeyOf(sums[row + j]) >= tried ? 1 : 0;
                }

                partial[lane] = sum;
            }

            Group.Barrier();
            int all = 0;
            for (int lane = 0; lane < Lanes; lane++)
            {
                all += partial[lane];
            }

            bar = all >= most ? tried : bar;
            Group.Barrier();
        }

        // Above the bar are fewer than asked for; those at the bar fill up.
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int above = 0, at = 0;
            for (int j = lane * part; j < (lane + 1) * part && j < count; j++)
            {
                ulong key = KeyOf(sums[row + j]);
                above += members[row + j] != 0 && key > bar ? 1 : 0;
                at += members[row + j] != 0 && key == bar ? 1 : 0;
            }

            partial[lane] = above;
            partial[Parts + lane] = at;
        }

        Group.Barrier();
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int above = 0, aboveBefore = 0, equalBefore = 0;
            for (int other = 0; other < Parts; other++)
            {
                above += partial[other];
                aboveBefore += other < lane ? partial[other] : 0;
                equalBefore += other < lane ? partial[Parts + other] : 0;
            }

            int room = most - above, to = aboveBefore + (equalBefore < room ? equalBefore : room);
            for (int j = lane * part; j < (lane + 1) * part && j < count; j++)
            {
                ulong key = KeyOf(sums[row + j]);
                if (members[row + j] == 0 || key < bar)
                {
                    continue;
                }

                if (key > bar || equalBefore < room)
                {
                    strongest[((long)Grid.IdxX * most) + to] = j;
                    to++;
                }

                equalBefore += key == bar ? 1 : 0;
            }

            if (lane == Parts - 1)
            {
                counts[Grid.IdxX] = to;
            }
        }
    }

    private static ulong KeyOf(double value) => Interop.FloatAsInt(value) & 0x7FFFFFFFFFFFFFFF;

    private static double Absolute(double value) => value < 0 ? -value : value;

    private static int SizeOf(ArrayView<int> boundaries, int problem, RegressionShape shape) =>
        problem < shape.Problems - 1 ? shape.Samples - (boundaries[problem + 1] - boundaries[problem]) : shape.Samples;

    private static bool Enters(ArrayView<double> products, ArrayView<double> weights, ArrayView<byte> denied, ArrayView<byte> entered, long row, int set, double bar) =>
        set > 0 && entered[row + set] == 0 && denied[row + set] == 0 && Absolute(products[row + set]) > bar * weights[set];

    private static bool IsNew(ArrayView<byte> entered, ArrayView<int> numbers, int set, RegressionShape shape)
    {
        bool isIn = false;
        for (int problem = 0; problem < shape.Problems && numbers[set] < 0; problem++)
        {
            isIn |= entered[((long)problem * shape.Sets) + set] != 0;
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
