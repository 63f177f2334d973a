namespace Spex.Core.Metrics;

/// <summary>How far two rankings of the same things agree.</summary>
public static class RankCorrelation
{
    /// <summary>Spearman's ρ: the correlation of the ranks; equal numbers share the mean of their ranks.</summary>
    /// <param name="left">Numbers.</param>
    /// <param name="right">As many numbers, of the same things in the same order.</param>
    /// <returns>−1 to 1; null for fewer than two things, or where one side has only equal numbers.</returns>
    /// <exception cref="ArgumentException">The two sides differ in length.</exception>
    public static double? Spearman(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        if (left.Length != right.Length)
        {
            throw new ArgumentException($"{left.Length} and {right.Length} numbers were given; both sides need as many.", nameof(right));
        }

        double[] leftRanks = Ranks(left), rightRanks = Ranks(right);
        double mean = (left.Length + 1) / 2.0, product = 0, leftSquares = 0, rightSquares = 0;
        for (int i = 0; i < leftRanks.Length; i++)
        {
            double a = leftRanks[i] - mean, b = rightRanks[i] - mean;
            product += a * b;
            leftSquares += a * a;
            rightSquares += b * b;
        }

        return leftSquares == 0 || rightSquares == 0 ? null : Math.Clamp(product / Math.Sqrt(leftSquares * rightSquares), -1, 1);
    }

    // Ranks from 1; equal numbers get the mean of the ranks they take.
    private static double[] Ranks(ReadOnlySpan<double> numbers)
    {
        double[] sorted = numbers.ToArray(), ranks = new double[numbers.Length];
        int[] order = [.. Enumerable.Range(0, numbers.Length)];
        Array.Sort(sorted, order);
        for (int start = 0; start < sorted.Length;)
        {
            int end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
            {
                end++;
            }

            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + 1 + end) / 2.0;
            }

            start = end;
        }

        return ranks;
    }
}
