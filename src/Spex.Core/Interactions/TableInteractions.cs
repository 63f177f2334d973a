using System.Numerics;
using Spex.Core.Spectra;

namespace Spex.Core.Interactions;

/// <summary>Interactions of a function that is known on all masks: I(S) = Σ_{U ⊇ S} W(|S|, |U|)·F(U) over the whole table.</summary>
internal static class TableInteractions
{
    /// <summary>The strengths of all sets up to the order.</summary>
    /// <param name="coefficients">F of all 2^n sets (or a, with Möbius weights).</param>
    /// <param name="order">The largest size of a set.</param>
    /// <param name="weight">W(s, u).</param>
    public static Interaction[] Compute(double[] coefficients, int order, Func<int, int, double> weight)
    {
        int featureCount = BitOperations.Log2((uint)coefficients.Length);
        uint all = (uint)coefficients.Length - 1;
        int largest = Math.Min(order, featureCount);
        double[][] weights = [.. Enumerable.Range(0, largest + 1).Select(
            s => Enumerable.Range(0, featureCount + 1).Select(u => u < s ? 0 : weight(s, u)).ToArray())];
        int[] lastSizes = [.. weights.Select(row => Array.FindLastIndex(row, static w => w != 0))];

        List<uint> sets = [];
        for (uint set = 0; set <= all; set++)
        {
            if (BitOperations.PopCount(set) <= largest)
            {
                sets.Add(set);
            }
        }

        // Every set has a sum of its own, in an order of its own: threads change nothing.
        Interaction[] interactions = new Interaction[sets.Count];
        Parallel.For(0, interactions.Length, i =>
        {
            uint set = sets[i];
            int size = BitOperations.PopCount(set);
            double strength = lastSizes[size] == featureCount
                ? SumAllSupersets(coefficients, set, all & ~set, size, weights[size])
                : SumSupersets(coefficients, set, all & ~set, size, weights[size], lastSizes[size]);
            interactions[i] = new Interaction(DenseTransform.SetOf(set), strength);
        });
        return interactions;
    }

    private static double SumAllSupersets(double[] coefficients, uint set, uint others, int size, double[] weights)
    {
        double sum = 0;
        uint added = 0;
        do
        {
            sum += weights[size + BitOperations.PopCount(added)] * coefficients[set | added];

            // The next subset of `others` in numerical order; 0 after the last.
            added = (added - others) & others;
        }
        while (added != 0);
        return sum;
    }

    // Supersets up to the last size that has a weight: features are added in ascending order.
    private static double SumSupersets(double[] coefficients, uint set, uint candidates, int size, double[] weights, int lastSize)
    {
        if (size > lastSize)
        {
            return 0;
        }

        double sum = weights[size] * coefficients[set];
        for (; size < lastSize && candidates != 0; candidates &= candidates - 1)
        {
            uint feature = candidates & (0 - candidates);
            sum += SumSupersets(coefficients, set | feature, candidates & (candidates - 1), size + 1, weights, lastSize);
        }

        return sum;
    }
}
