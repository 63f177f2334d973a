using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>The best split of a node from its histogram.</summary>
internal static unsafe class SplitSearch
{
    /// <summary>Finds the position of the best score; −1 where no feature gains.</summary>
    /// <param name="sums">Sums of gradients of samples with the feature, in the histogram's order; a multiple of 256.</param>
    /// <param name="counts">Counts of the same samples.</param>
    /// <param name="positions">How many.</param>
    /// <param name="count">Training samples in the node.</param>
    /// <param name="sum">Their gradients' sum.</param>
    /// <param name="least">The fewest samples on a side, 1 or more.</param>
    /// <param name="scores">Room for a number a position.</param>
    /// <param name="score">The best score (<see cref="BoostingArithmetic.Score"/>).</param>
    /// <returns>Of equal scores the position of the lowest feature.</returns>
    public static int Best(int* sums, int* counts, int positions, int count, long sum, int least, double* scores, out double score)
    {
        score = Scores(sums, counts, positions, count, sum, least, scores);
        if (!(score > 0))
        {
            return -1;
        }

        int best = -1, bestFeature = int.MaxValue;
        Vector256<double> wanted = Vector256.Create(score);
        for (int at = 0; at < positions; at += 4)
        {
            uint equal = Vector256.Equals(Vector256.Load(scores + at), wanted).ExtractMostSignificantBits();
            while (equal != 0)
            {
                int position = at + System.Numerics.BitOperations.TrailingZeroCount(equal);
                equal &= equal - 1;
                int feature = Feature(position);
                if (feature < bestFeature)
                {
                    (best, bestFeature) = (position, feature);
                }
            }
        }

        return best;
    }

    /// <summary>The feature at a position of a histogram of many chunks.</summary>
    public static int Feature(int position) => (position & ~(BitRows.ChunkFeatures - 1)) + TreeHistogram.FeatureAt(position & (BitRows.ChunkFeatures - 1));

    private static double Scores(int* sums, int* counts, int positions, int count, long sum, int least, double* scores)
    {
        double best = 0;
        if (!Avx.IsSupported)
        {
            for (int at = 0; at < positions; at++)
            {
                bool allowed = counts[at] >= least && count - counts[at] >= least;
                scores[at] = allowed ? BoostingArithmetic.Score(count, sum, counts[at], sums[at]) : 0;
                best = Math.Max(best, scores[at]);
            }

            return best;
        }

        // The same formula: every number before the square is an integer below 2^53, so float64 has it exactly.
        Vector256<double> n = Vector256.Create((double)count), total = Vector256.Create((double)sum);
        Vector256<double> low = Vector256.Create((double)least), high = Vector256.Create((double)count - least);
        Vector256<double> bests = default;
        for (int at = 0; at < positions; at += 4)
        {
            Vector256<double> present = Avx.ConvertToVector256Double(Vector128.Load(counts + at));
            Vector256<double> difference = (n * Avx.ConvertToVector256Double(Vector128.Load(sums + at))) - (total * present);
            Vector256<double> value = difference * difference / (present * (n - present));
            Vector256<double> allowed = Vector256.GreaterThanOrEqual(present, low) & Vector256.LessThanOrEqual(present, high);
            value &= allowed;
            value.Store(scores + at);
            bests = Vector256.Max(bests, value);
        }

        for (int lane = 0; lane < 4; lane++)
        {
            best = Math.Max(best, bests[lane]);
        }

        return best;
    }
}
