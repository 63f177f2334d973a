namespace Spex.Engine.Devices;

/// <summary>
/// Sparse regression of values on Fourier characters, along a path of falling thresholds, for all samples and with each fold left out: F + 1 problems a function, the last on all samples. Of one
/// function or of many on the same masks, each on sets and at thresholds of its own, as if it were by itself.
/// </summary>
/// <remarks>
/// <para>
/// A problem minimises ½‖y − Xβ‖² with a shrinking rule on each coefficient but the constant's. Characters have length √N, so the least-squares value of one
/// coordinate is z_j = β_j + X_jᵀ(y − Xβ)/N (Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
/// J. Stat. Software 33, 2010). The first set is the constant. A set that a change of the others calls in enters at the next threshold.
/// </para>
/// <para>
/// The residual's products are exact at each threshold, for each problem. Between them all problems step along one Gram matrix, that of all samples scaled to
/// theirs, (1 − 1/F)XᵀX. It is never less than (1 − 1/F) times a fold's own, so the steps converge to the same fit (Böhning and Lindsay, Ann. Inst. Statist. Math. 40, 1988),
/// for a fraction of the products.
/// </para>
/// <para>
/// A fold's problem may be denied sets: those that only samples of the fold itself have suggested. The path's errors on the left-out folds then never
/// come from a fit that saw them, not even through the choice of its sets.
/// </para>
/// Columns, Gram matrix, products and coefficients stay on the device: at a threshold the host reads how many sets of each function have entered, and one error. Owned by whoever loaded it.
/// </remarks>
public abstract class RegressionPath : IDisposable
{
    /// <summary>Sweeps over the sets that have entered, at one threshold; the next threshold goes on where they stopped.</summary>
    internal const int MaxSweeps = 5;

    /// <summary>Sweeps end when no coefficient changed by this share of the threshold.</summary>
    internal const double Converged = 2e-2;

    /// <summary>For each function the largest weighted |z| at the start: above it nothing but the constant enters.</summary>
    public abstract double[] LargestThresholds();

    /// <summary>Begins the paths at known coefficients instead of zero; before the first threshold.</summary>
    /// <param name="fits">For each function's problems the numbers of sets and their coefficients.</param>
    public abstract void StartAt(IReadOnlyList<IReadOnlyList<(int Set, double Coefficient)>> fits);

    /// <summary>Follows the paths to the next thresholds and gives each function's sum of squared errors on the left-out folds.</summary>
    /// <param name="thresholds">Each function's; NaN for those that stay where they are.</param>
    /// <param name="shrinkage">The rule.</param>
    public abstract double[] Descend(ReadOnlySpan<double> thresholds, Shrinkage shrinkage);

    /// <summary>Keeps the coefficients of some functions as they stand, instead of those kept before.</summary>
    /// <param name="isKept">For each function whether its are.</param>
    public abstract void Keep(ReadOnlySpan<bool> isKept);

    /// <summary>What was kept: for each function's problems the coefficients that are not 0, in the order of the sets.</summary>
    public abstract (int Set, double Coefficient)[][] Kept();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
