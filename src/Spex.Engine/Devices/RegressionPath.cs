namespace Spex.Engine.Devices;

/// <summary>
/// Sparse regression of values on Fourier characters, along a path of falling thresholds, for all samples and with each fold left out: F + 1 problems, the last on all samples.
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
/// Columns, Gram matrix, products and coefficients stay on the device: at a threshold the host reads how many sets have entered, and one error. Owned by whoever loaded it.
/// </remarks>
public abstract class RegressionPath : IDisposable
{
    /// <summary>Sweeps over the sets that have entered, at one threshold; the next threshold goes on where they stopped.</summary>
    protected const int MaxSweeps = 5;

    /// <summary>Sweeps end when no coefficient changed by this share of the threshold.</summary>
    protected const double Converged = 2e-2;

    /// <summary>Takes the sizes down.</summary>
    protected RegressionPath(RegressionProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        SetCount = problem.SetCount;
        SampleCount = problem.SampleCount;
        FoldCount = problem.Boundaries.Length - 1;
    }

    /// <summary>p.</summary>
    public int SetCount { get; }

    /// <summary>N.</summary>
    public int SampleCount { get; }

    /// <summary>F.</summary>
    public int FoldCount { get; }

    /// <summary>The largest weighted |z| at the start: above it nothing but the constant enters.</summary>
    public abstract double LargestThreshold { get; }

    /// <summary>Begins the path at known coefficients instead of zero; before the first threshold.</summary>
    /// <param name="fits">For each problem the numbers of sets and their coefficients.</param>
    public abstract void StartAt(IReadOnlyList<IReadOnlyList<(int Set, double Coefficient)>> fits);

    /// <summary>Follows the path to the next threshold and gives the sum of squared errors on the left-out folds.</summary>
    public abstract double Descend(double threshold, Shrinkage shrinkage);

    /// <summary>Keeps the coefficients as they stand, instead of those kept before.</summary>
    public abstract void Keep();

    /// <summary>What was kept: for each problem the coefficients that are not 0, in the order of the sets.</summary>
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
