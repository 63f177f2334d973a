using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>The best split of a node from its histogram.</summary>
internal static unsafe class SplitSearch
{
    /// <summary>Whether quantized gradients' sums are compared by vectors.</summary>
    public static bool IsSupported => Avx.IsSupported;

    /// <summary>Finds the feature of the best score, of equal scores the lowest; −1 where no feature gains. Only where that <see cref="IsSupported"/>.</summary>
    /// <param name="sums">Sums of quantized gradients of samples with the feature.</param>
    /// <param name="counts">Counts of the same samples.</param>
    /// <param name="features">How many; a multiple of 8. A feature that no sample has cannot win.</param>
    /// <param name="count">Training samples in the node.</param>
    /// <param name="sum">Their gradients' sum.</param>
    /// <param name="least">The fewest samples on a side, 1 or more.</param>
    /// <param name="score">The best score (<see cref="BoostingArithmetic.Score"/>).</param>
    public static int Best(int* sums, int* counts, int features, int count, long sum, int least, out double score)
    {
        int best = -1;
        score = 0;

        // The same formula: every number before the square is an integer below 2^53, so float64 has it exactly. Each lane keeps the first of its best.
        Vector256<double> n = Vector256.Create((double)count), total = Vector256.Create((double)sum);
        Vector256<double> low = Vector256.Create((double)least), high = Vector256.Create((double)count - least);
        Vector256<double> bestsA = default, bestsB = default, placesA = Vector256.Create(-1.0), placesB = placesA;
        Vector256<double> placeA = Vector256.Create(0.0, 1, 2, 3), placeB = Vector256.Create(4.0, 5, 6, 7), eight = Vector256.Create(8.0);
        for (int at = 0; at < features; at += 8)
        {
            Consider(sums + at, counts + at, n, total, low, high, placeA, ref bestsA, ref placesA);
            Consider(sums + at + 4, counts + at + 4, n, total, low, high, placeB, ref bestsB, ref placesB);
            placeA += eight;
            placeB += eight;
        }

        for (int lane = 0; lane < 8; lane++)
        {
            double value = lane < 4 ? bestsA[lane] : bestsB[lane - 4];
            int place = (int)(lane < 4 ? placesA[lane] : placesB[lane - 4]);
            if (value > score || (value == score && value > 0 && place < best))
            {
                (best, score) = (place, value);
            }
        }

        return best;
    }

    /// <summary>As the other, for sums of any size and any number of features, feature by feature.</summary>
    public static int Best(ReadOnlySpan<long> sums, ReadOnlySpan<int> counts, int count, long sum, int least, out double score)
    {
        int best = -1;
        score = 0;
        for (int at = 0; at < sums.Length; at++)
        {
            bool allowed = counts[at] >= least && count - counts[at] >= least;
            double value = allowed ? BoostingArithmetic.Score(count, sum, counts[at], sums[at]) : 0;
            if (value > score)
            {
                (best, score) = (at, value);
            }
        }

        return best;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static void Consider(
        int* sums,
        int* counts,
        Vector256<double> n,
        Vector256<double> total,
        Vector256<double> low,
        Vector256<double> high,
        Vector256<double> place,
        ref Vector256<double> bests,
        ref Vector256<double> places)
    {
        Vector256<double> present = Avx.ConvertToVector256Double(Vector128.Load(counts));
        Vector256<double> difference = (n * Avx.ConvertToVector256Double(Vector128.Load(sums))) - (total * present);
        Vector256<double> value = difference * difference / (present * (n - present));
        Vector256<double> better = Vector256.GreaterThanOrEqual(present, low) & Vector256.LessThanOrEqual(present, high) & Vector256.GreaterThan(value, bests);
        bests = Vector256.ConditionalSelect(better, value, bests);
        places = Vector256.ConditionalSelect(better, place, places);
    }
}
