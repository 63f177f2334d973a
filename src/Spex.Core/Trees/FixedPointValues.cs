namespace Spex.Core.Trees;

/// <summary>Values as integers: value_s ≈ Origin + Fixed_s · Unit with |Fixed_s| ≤ 2^27.</summary>
/// <remarks>
/// Boosting adds and compares millions of residuals. As integers their sums do not depend on an order, so trees have the same bits for any thread count,
/// vector width and device. Origin is the middle of the values' range and Unit a power of two, so values of 1e30 and of 1e-30 behave alike. The rounding is at most
/// 2^-28 of the range's half to its double: less than a float32 value's own.
/// </remarks>
public sealed class FixedPointValues
{
    /// <summary>Bits of the largest value; boosting may let a residual grow to 8 times that before it is cut.</summary>
    public const int Bits = 27;

    /// <summary>Rounds the values.</summary>
    /// <exception cref="SpexInputException">There is no value, or one is not finite.</exception>
    public FixedPointValues(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
        {
            throw new SpexInputException("There are no values to fit; give at least one sample.");
        }

        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        for (int s = 0; s < values.Length; s++)
        {
            if (!float.IsFinite(values[s]))
            {
                throw new SpexInputException($"The value of sample {s} is {values[s]}; values to fit are finite numbers.");
            }

            low = Math.Min(low, values[s]);
            high = Math.Max(high, values[s]);
        }

        Origin = (low + high) / 2;
        double half = (high - low) / 2;
        Unit = half == 0 ? 1 : Math.ScaleB(1, Math.ILogB(half) + 1 - Bits);
        Fixed = new int[values.Length];
        for (int s = 0; s < values.Length; s++)
        {
            Fixed[s] = (int)Math.Round((values[s] - Origin) / Unit);
        }
    }

    /// <summary>The value of integer 0.</summary>
    public double Origin { get; }

    /// <summary>The value of one step, a power of two.</summary>
    public double Unit { get; }

    /// <summary>One integer a sample.</summary>
    public int[] Fixed { get; }

    /// <summary>The value that an integer stands for.</summary>
    public double ToValue(long steps) => Origin + (steps * Unit);
}
