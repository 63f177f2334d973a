using ILGPU;

namespace Spex.Kernels;

/// <content>What is taken: coefficients that are kept, terms that are listed, and the strongest sets.</content>
public static partial class RegressionKernels
{
    /// <summary>Keeps the coefficients of some functions' problems. Launch: any; a thread a number. Moved: 16 bytes a number that is kept, coalesced.</summary>
    /// <param name="coefficients">Functions × problems × p coefficients.</param>
    /// <param name="isKept">A number a function: 1 where they are kept.</param>
    /// <param name="kept">Takes as many coefficients.</param>
    /// <param name="shape">The sizes.</param>
    public static void Keep(ArrayView<double> coefficients, ArrayView<int> isKept, ArrayView<double> kept, RegressionShape shape)
    {
        long own = (long)shape.Problems * shape.Sets;
        for (long item = Items.First; item < shape.Functions * own; item += Items.Step)
        {
            if (isKept[item / own] != 0)
            {
                kept[item] = coefficients[item];
            }
        }
    }

    /// <summary>How many coefficients are not 0. Launch: one group a problem, any group size. Moved: 8 bytes a set.</summary>
    public static void CountTerms(ArrayView<double> coefficients, ArrayView<int> counts, RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        CountParts(coefficients, found, shape);
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            int all = 0;
            for (int lane = 0; lane < Parts; lane++)
            {
                all += found[lane];
            }

            counts[Grid.IdxX] = all;
        }
    }

    /// <summary>Lists the coefficients that are not 0, in the order of the sets, one problem's after another's. Launch: one group a problem, any group size. Moved: 8 bytes a set, twice.</summary>
    /// <param name="coefficients">Problems × p coefficients.</param>
    /// <param name="starts">Where each problem's terms begin.</param>
    /// <param name="sets">Takes numbers of sets.</param>
    /// <param name="values">Takes coefficients.</param>
    /// <param name="shape">The sizes.</param>
    public static void ListTerms(ArrayView<double> coefficients, ArrayView<int> starts, ArrayView<int> sets, ArrayView<double> values, RegressionShape shape)
    {
        ArrayView<int> found = SharedMemory.Allocate<int>(Parts);
        int part = (shape.Sets + Parts - 1) / Parts;
        long row = (long)Grid.IdxX * shape.Sets;
        CountParts(coefficients, found, shape);
        Group.Barrier();
        for (int lane = Group.IdxX; lane < Parts; lane += Group.DimX)
        {
            int at = starts[Grid.IdxX];
            for (int other = 0; other < lane; other++)
            {
                at += found[other];
            }

            for (int j = lane * part; j < (lane + 1) * part && j < shape.Sets; j++)
            {
                if (coefficients[row + j] != 0)
                {
                    sets[at] = j;
                    values[at] = coefficients[row + j];
                    at++;
                }
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

    // How many coefficients of each part of the group's problem are not 0.
    private static void CountParts(ArrayView<double> coefficients, ArrayView<int> found, RegressionShape shape)
    {
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
    }
}
