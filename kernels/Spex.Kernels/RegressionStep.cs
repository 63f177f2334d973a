namespace Spex.Kernels;

/// <summary>One step along the paths of thresholds, which are each function's own.</summary>
/// <param name="Soft">1 for the LASSO's rule, 0 for the non-negative garrote's.</param>
/// <param name="MostSweeps">The most sweeps.</param>
/// <param name="Converged">Sweeps end when no coefficient changed by this share of the threshold.</param>
/// <param name="Capacity">Numbers from one row of a function's Gram matrix to the next, and its rows.</param>
public readonly record struct RegressionStep(int Soft, int MostSweeps, double Converged, int Capacity);
