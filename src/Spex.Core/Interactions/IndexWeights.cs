using System.Numerics;

namespace Spex.Core.Interactions;

/// <summary>The weights that make an index of a function's coefficients: I(S) = Σ_{T ⊇ S} w(|S|, |T|)·a_T = Σ_{U ⊇ S} W(|S|, |U|)·F(U).</summary>
/// <remarks>
/// With s = |S|, t = |T|, ℓ the order, the Möbius weights w(s, t) are
/// <list type="table">
/// <item><term>SII, SV</term><description>1/(t−s+1)</description></item>
/// <item><term>BII, BV</term><description>2^{−(t−s)}</description></item>
/// <item><term>k-SII</term><description>Σ_{i ≤ ℓ−s} C(t−s, i)·B_i/(t−s−i+1), B the Bernoulli numbers with B₁ = −1/2</description></item>
/// <item><term>STII</term><description>[t = s] for s &lt; ℓ, 1/C(t, ℓ) for s = ℓ</description></item>
/// <item><term>FSII</term><description>[t = s] for t ≤ ℓ, else (−1)^{ℓ−s}·s/(ℓ+s)·C(ℓ, s)·C(t−1, ℓ)/C(t+ℓ−1, ℓ+s)</description></item>
/// <item><term>FBII</term><description>[t = s] for t ≤ ℓ, else (−1)^{ℓ−s}·2^{−(t−s)}·C(t−s−1, ℓ−s)</description></item>
/// <item><term>CHII</term><description>s/t</description></item>
/// <item><term>Moebius, Co-Moebius, Fourier</term><description>[t = s]; 1; (−1)^s·2^{−t}</description></item>
/// </list>
/// and SV, k-SII, CHII have [t = 0] for the empty set. The character of U is Σ_{T ⊆ U} (−2)^{|T|}·[T ⊆ m], hence W(s, u) = Σ_j C(u−s, j)·(−2)^{s+j}·w(s, s+j):
/// a spectrum needs no Möbius coefficients of sets larger than the order, and weights stay small where Möbius coefficients grow as 2^t. Both are computed exactly.
/// Sources: the papers named at <see cref="InteractionIndex"/>; Grabisch, Marichal and Roubens, "Equivalent representations of set functions" (2000).
/// </remarks>
public static class IndexWeights
{
    /// <summary>w(s, t): what the Möbius coefficient of a set of t features gives to each of its subsets of s features.</summary>
    /// <param name="index">The index.</param>
    /// <param name="order">The order ℓ, 1 or more.</param>
    /// <param name="size">s, 0 to the order.</param>
    /// <param name="termSize">t, s or more.</param>
    public static double OfMoebius(InteractionIndex index, int order, int size, int termSize)
    {
        Check(order, size, termSize);
        return ExactOfMoebius(index, order, size, termSize).ToDouble();
    }

    /// <summary>W(s, u): what the Fourier coefficient of a set of u features gives to each of its subsets of s features.</summary>
    /// <param name="index">The index.</param>
    /// <param name="order">The order ℓ, 1 or more.</param>
    /// <param name="size">s, 0 to the order.</param>
    /// <param name="termSize">u, s or more.</param>
    public static double OfFourier(InteractionIndex index, int order, int size, int termSize)
    {
        Check(order, size, termSize);
        Fraction weight = Fraction.Zero;
        for (int j = 0; j <= termSize - size; j++)
        {
            Fraction moebius = Fraction.Binomial(termSize - size, j) * BigInteger.Pow(-2, size + j);
            weight += moebius * ExactOfMoebius(index, order, size, size + j);
        }

        return weight.ToDouble();
    }

    private static void Check(int order, int size, int termSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, order);
        ArgumentOutOfRangeException.ThrowIfLessThan(termSize, size);
    }

    private static Fraction ExactOfMoebius(InteractionIndex index, int order, int s, int t)
    {
        Fraction same = t == s ? Fraction.One : Fraction.Zero;
        switch (index)
        {
            case InteractionIndex.Sv or InteractionIndex.KSii or InteractionIndex.Chii when s == 0:
            case InteractionIndex.Moebius:
            case InteractionIndex.Stii when s < order:
            case InteractionIndex.Fsii or InteractionIndex.Fbii when t <= order:
                return same;
            case InteractionIndex.Sv or InteractionIndex.Sii:
                return new Fraction(1, t - s + 1);
            case InteractionIndex.Bv or InteractionIndex.Bii:
                return new Fraction(1, BigInteger.One << (t - s));
            case InteractionIndex.KSii:
                return KShapley(order, s, t);
            case InteractionIndex.Stii:
                return new Fraction(1, Fraction.Binomial(t, order));
            case InteractionIndex.Fsii:
                return new Fraction(
                    Sign(order - s) * s * Fraction.Binomial(order, s) * Fraction.Binomial(t - 1, order), (order + s) * Fraction.Binomial(t + order - 1, order + s));
            case InteractionIndex.Fbii:
                return new Fraction(Sign(order - s) * Fraction.Binomial(t - s - 1, order - s), BigInteger.One << (t - s));
            case InteractionIndex.Chii:
                return new Fraction(s, t);
            case InteractionIndex.CoMoebius:
                return Fraction.One;
            case InteractionIndex.Fourier:
                return new Fraction(Sign(s), BigInteger.One << t);
            default:
                throw new ArgumentOutOfRangeException(nameof(index), index, "Not an interaction index.");
        }
    }

    // k-SII(S) = Σ_{S' ⊇ S, |S'| ≤ ℓ} B_{|S'|−s}·SII(S'); a set T has C(t−s, i) such S' of size s + i.
    private static Fraction KShapley(int order, int s, int t)
    {
        Fraction weight = Fraction.Zero;
        for (int i = 0; i <= Math.Min(order, t) - s; i++)
        {
            weight += Bernoulli(i) * new Fraction(Fraction.Binomial(t - s, i), t - s - i + 1);
        }

        return weight;
    }

    // Σ_{k ≤ i} C(i+1, k)·B_k = 0 for i ≥ 1.
    private static Fraction Bernoulli(int index)
    {
        Fraction[] numbers = new Fraction[index + 1];
        numbers[0] = Fraction.One;
        for (int i = 1; i <= index; i++)
        {
            Fraction sum = Fraction.Zero;
            for (int k = 0; k < i; k++)
            {
                sum += Fraction.Binomial(i + 1, k) * numbers[k];
            }

            numbers[i] = sum / new Fraction(-(i + 1), 1);
        }

        return numbers[index];
    }

    private static int Sign(int exponent) => (exponent & 1) == 0 ? 1 : -1;
}
