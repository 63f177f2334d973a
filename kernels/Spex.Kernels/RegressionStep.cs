namespace Spex.Kernels;

/// <summary>One step along a path of thresholds.</summary>
/// <param name="Threshold">λ.</param>
/// <param name="Soft">1 for the LASSO's rule, 0 for the non-negative garrote's.</param>
/// <param name="MostSweeps">The most sweeps.</param>
/// <param name="Converged">Sweeps end when no coefficient changed by this share of the threshold.</param>
/// <param name="Count">Sets that have a number.</param>
/// <param name="Capacity">Numbers from one row of the Gram matrix to the next.</param>
public readonly record struct RegressionStep(double Threshold, int Soft, int MostSweeps, double Converged, int Count, int Capacity);
