namespace Spex.Core.Spectra;

/// <summary>Between the Fourier and the Möbius form of a sparse function.</summary>
/// <remarks>A term of size k has 2^k subsets, all of which may get a coefficient: functions whose terms have too many are refused.</remarks>
public static class MoebiusTransform
{
    /// <summary>a_T = (−2)^{|T|}·Σ_{S ⊇ T} F(S).</summary>
    /// <exception cref="SpexInputException">The subsets of the terms are too many to list (over 2^28 in all, or 2^22 distinct ones).</exception>
    public static MoebiusExpansion ToMoebius(Spectrum spectrum)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        return new MoebiusExpansion(spectrum.FeatureCount, SubsetSums.Sum(spectrum.Terms, int.MaxValue, static (t, _) => SignedPower(-2, t)));
    }

    /// <summary>F(S) = (−1)^{|S|}·Σ_{T ⊇ S} 2^{−|T|}·a_T.</summary>
    /// <exception cref="SpexInputException">The subsets of the terms are too many to list (over 2^28 in all, or 2^22 distinct ones).</exception>
    public static Spectrum ToFourier(MoebiusExpansion expansion)
    {
        ArgumentNullException.ThrowIfNull(expansion);
        return new Spectrum(
            expansion.FeatureCount, SubsetSums.Sum(expansion.Terms, int.MaxValue, static (s, t) => SignedPower(-1, s) * Math.ScaleB(1, -t)));
    }

    private static double SignedPower(int @base, int exponent) =>
        Math.ScaleB((exponent & 1) == 0 ? 1 : -1, @base == -2 ? exponent : 0);
}
