using System.Numerics;

namespace Spex.Core.Interactions;

/// <summary>An exact rational number: index weights are alternating sums that would lose their digits in floating point.</summary>
internal readonly struct Fraction
{
    private readonly BigInteger _numerator;
    private readonly BigInteger _denominator;

    public Fraction(BigInteger numerator, BigInteger denominator)
    {
        BigInteger divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        divisor = denominator.Sign < 0 ? -divisor : divisor;
        _numerator = numerator / divisor;
        _denominator = denominator / divisor;
    }

    public static Fraction Zero { get; } = new(0, 1);

    public static Fraction One { get; } = new(1, 1);

    public static implicit operator Fraction(BigInteger integer) => new(integer, 1);

    public static Fraction operator +(Fraction a, Fraction b) =>
        new((a._numerator * b._denominator) + (b._numerator * a._denominator), a._denominator * b._denominator);

    public static Fraction operator *(Fraction a, Fraction b) => new(a._numerator * b._numerator, a._denominator * b._denominator);

    public static Fraction operator /(Fraction a, Fraction b) => new(a._numerator * b._denominator, a._denominator * b._numerator);

    /// <summary>C(n, k), 0 for k outside 0 … n.</summary>
    public static BigInteger Binomial(int n, int k)
    {
        if (k < 0 || k > n)
        {
            return BigInteger.Zero;
        }

        BigInteger binomial = BigInteger.One;
        for (int i = 1; i <= Math.Min(k, n - k); i++)
        {
            binomial = binomial * (n - i + 1) / i;
        }

        return binomial;
    }

    /// <summary>The nearest double, up to a few units in the last place.</summary>
    public double ToDouble()
    {
        // Both parts are brought to at most 1,000 bits, so that neither overflows; what is cut off is below the last place.
        int excess = (int)Math.Max(0, Math.Max(_numerator.GetBitLength(), _denominator.GetBitLength()) - 1000);
        return (double)(_numerator >> excess) / (double)(_denominator >> excess);
    }
}
