using System.Runtime.CompilerServices;

namespace Spex.Core.Trees;

/// <summary>The numbers that decide while trees grow, defined once for the scalar reference and every device.</summary>
/// <remarks>
/// Residuals r are integers (<see cref="FixedPointValues"/>). For the search of splits a tree rounds them to gradients g = ⌊(r + 2^(k−1)) / 2^k⌋, cut to
/// |g| ≤ L, where k, the shift, is the tree's own (<see cref="Shift"/>). Every sum of gradients is then an exact
/// integer. Leaf values are taken from the full residuals.
/// <para>
/// Quantized gradients have L = 7. Shi, Ke, Chen, Zheng and Liu, "Quantized training of gradient boosting decision trees" (NeurIPS 2022), show that two to five bits are enough when leaf
/// values are taken from the full residuals. (On hierarchical, AND and real games 15 levels predicted held-out masks no worse than 1,023 did, and on 28 sparse golden games better than fine gradients, by
/// 0.006 of R² in the mean over five draws, where 225 and 3,375 levels gained 0.001: rounding away what is small beside the largest residuals acts as a mild regulariser.)
/// </para>
/// <para>
/// Gradients that are not quantized have L = 2^22 − 1, as fine beside the largest residual as float32. They are summed as <see cref="FineDigits"/> digits, each a quantized gradient:
/// g = Σ_i d_i · 15^i with |d_i| ≤ 7. The digits' sums give the gradients' sum, so one kind of histogram serves both.
/// </para>
/// </remarks>
internal static class BoostingArithmetic
{
    /// <summary>The largest digit of a gradient, and the largest quantized gradient: with 7 added, 0 … 14, six digits add up to a byte three times over.</summary>
    public const int DigitLimit = 7;

    /// <summary>What a digit is worth in the one before it.</summary>
    public const int DigitBase = (2 * DigitLimit) + 1;

    /// <summary>Digits of gradients that are not quantized: 15^6 levels are the first power of 15 to hold theirs.</summary>
    public const int FineDigits = 6;

    /// <summary>The largest gradient that is not quantized: of 2^21 samples n·G_p − n_p·G, at most n²/2 times this, then fits 64 bits.</summary>
    public const int FineLimit = (1 << 22) - 1;

    /// <summary>Quantized gradients reach to this many standard deviations of the residuals, if residuals do: one that lies far out must not round all others to nothing.</summary>
    public const int ReachDeviations = 8;

    /// <summary>Residuals are cut to ± this; only predictions that run away reach it.</summary>
    public const int ResidualLimit = 1 << 30;

    /// <summary>Bits by which a residual is shortened before it is squared, so that squares of 2^30 and many samples fit 64 bits.</summary>
    public const int ErrorShift = 5;

    /// <summary>The largest gradient L.</summary>
    public static int Limit(bool quantized) => quantized ? DigitLimit : FineLimit;

    /// <summary>
    /// The shift k: the least for which the largest training residual fits the gradients' range without being cut, or, for quantized gradients, for which that range,
    /// <see cref="DigitLimit"/> · 2^k, is <see cref="ReachDeviations"/> times the training residuals' root mean square.
    /// </summary>
    /// <param name="largestResidual">The largest absolute training residual.</param>
    /// <param name="squaredError">Σ <see cref="SquaredError"/> of the training residuals.</param>
    /// <param name="count">Number of training samples.</param>
    /// <param name="quantized">Whether gradients are quantized.</param>
    public static int Shift(int largestResidual, UInt128 squaredError, int count, bool quantized)
    {
        // Squared errors are in units of (2^ErrorShift)²; sum, product and comparison are the same in float64 on every device.
        double reach = (double)squaredError * (1 << (2 * ErrorShift)) * (ReachDeviations * ReachDeviations);
        double range = (double)count * (DigitLimit * DigitLimit);
        int shift = 0, limit = Limit(quantized);
        while (Round(largestResidual, shift) > limit && (range < reach || !quantized))
        {
            shift++;
            range *= 4;
        }

        return shift;
    }

    /// <summary>The gradient of a residual.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Gradient(int residual, int shift, int limit) => Math.Clamp(Round(residual, shift), -limit, limit);

    /// <summary>
    /// The gain of a split, up to the node's factor 1/count: G_p²/n_p + G_a²/n_a − G²/n = (n·G_p − n_p·G)² / (n_p·n_a) / n.
    /// Up to 2^21 samples' numerator and denominator are exact integers, before the square below 2^53 where gradients are quantized, so the only roundings are one square and one division;
    /// else below 2^63, which costs one rounding more.
    /// </summary>
    /// <param name="count">Training samples n in the node.</param>
    /// <param name="sum">Their gradients' sum G.</param>
    /// <param name="presentCount">Those with the feature, n_p, 1 … n−1.</param>
    /// <param name="presentSum">Their gradients' sum G_p.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Score(int count, long sum, int presentCount, long presentSum)
    {
        double difference = ((long)count * presentSum) - (presentCount * sum);
        return difference * difference / ((double)presentCount * (count - presentCount));
    }

    /// <summary>What a leaf takes off its samples' residuals: rate times their mean, rounded half to even.</summary>
    public static int LeafStep(long residualSum, int count, double rate) => (int)Math.Round(residualSum * rate / count);

    /// <summary>A residual after a leaf's step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Update(int residual, int step) => Math.Clamp(residual - step, -ResidualLimit, ResidualLimit);

    /// <summary>A residual's share in the error, an exact integer in units of (2^<see cref="ErrorShift"/>)².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SquaredError(int residual)
    {
        long shortened = Round(residual, ErrorShift);
        return (ulong)(shortened * shortened);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Round(int residual, int shift) => (residual + ((1 << shift) >> 1)) >> shift;
}
