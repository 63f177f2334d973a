namespace Spex.Engine.Devices;

/// <summary>How a coefficient's least-squares value z is shrunk at threshold λ; both give 0 for |z| ≤ λ.</summary>
public enum Shrinkage
{
    /// <summary>The LASSO's rule, sign(z)(|z| − λ): every coefficient loses λ (Tibshirani, 1996).</summary>
    Soft,

    /// <summary>The non-negative garrote's rule, z(1 − λ²/z²): large coefficients lose almost nothing (Breiman, 1995).</summary>
    Garrote,
}
