using ILGPU;

namespace Spex.Kernels;

/// <summary>Normal equations: the Gram matrix of Fourier characters, the Cholesky factor of a matrix A + D, and its solutions.</summary>
/// <remarks>
/// <para>Layout: a p × p matrix is kept column after column; number (i, k) of the factor, i ≥ k, lies at k·p + i.</para>
/// <para>Every sum is one thread's, in the order of the columns: the same bits whatever the launch. No atomics. float64 throughout.</para>
/// </remarks>
public static class CholeskyKernels
{
    /// <summary>X_aᵀX_b = N − 2D for characters that differ in D of N samples. Launch: any; a thread a number. Moved: 12 bytes a number.</summary>
    /// <param name="differing">p² numbers D.</param>
    /// <param name="gram">Takes p² numbers.</param>
    /// <param name="count">p².</param>
    /// <param name="samples">N.</param>
    public static void SignGram(ArrayView<int> differing, ArrayView<double> gram, long count, int samples)
    {
        for (long item = Items.First; item < count; item += Items.Step)
        {
            gram[item] = samples - (2.0 * differing[item]);
        }
    }

    /// <summary>
    /// Column k of the factor L of A + D: l_ik = (a_ik − Σ_{m &lt; k} l_im·l_km)/l_kk. A pivot that falls to a share of its diagonal element counts as zero: the flag is set, and the factor is of no
    /// use. Launch: any; a thread a row from k on; columns one after another. Moved: 16·k bytes a row, the rows side by side.
    /// </summary>
    /// <param name="gram">A, number (a, b) at a·p + b, b ≥ a.</param>
    /// <param name="factor">L, number (i, k) at k·p + i.</param>
    /// <param name="flag">Set to 1 where a pivot is zero.</param>
    /// <param name="step">k and D.</param>
    public static void FactorColumn(ArrayView<double> gram, ArrayView<double> factor, ArrayView<int> flag, FactorStep step)
    {
        int p = step.Sets, k = step.Column;
        double added = (k == 0 && step.SparesFirst != 0 ? 0 : step.Added) + step.Jitter, diagonal = gram[((long)k * p) + k] + added;
        for (long i = k + Items.First; i < p; i += Items.Step)
        {
            double own = i == k ? diagonal : gram[((long)k * p) + i], pivot = diagonal;
            for (int m = 0; m < k; m++)
            {
                double other = factor[((long)m * p) + k], product = factor[((long)m * p) + i] * other, square = other * other;
                own -= product;
                pivot -= square;
            }

            bool isZero = !(pivot > step.ZeroPivot * diagonal);
            if (isZero && i == k)
            {
                flag[0] = 1;
            }

            double root = Math.Sqrt(isZero ? 1 : pivot);
            factor[((long)k * p) + i] = i == k ? root : own / root;
        }
    }

    /// <summary>
    /// Solves L·Lᵀ·x = b for several b. Launch: a group a right-hand side, any group size (256 threads are best). Moved: 16 bytes a number of the factor and right-hand side; two barriers a
    /// column, twice.
    /// </summary>
    /// <param name="factor">L, number (i, k) at k·p + i.</param>
    /// <param name="rights">p numbers b a right-hand side.</param>
    /// <param name="solutions">Takes p numbers x a right-hand side; may be <paramref name="rights"/>.</param>
    /// <param name="sets">p.</param>
    public static void Solve(ArrayView<double> factor, ArrayView<double> rights, ArrayView<double> solutions, int sets)
    {
        ArrayView<double> right = rights.SubView((long)Grid.IdxX * sets, sets), solution = solutions.SubView((long)Grid.IdxX * sets, sets);
        for (int i = Group.IdxX; i < sets; i += Group.DimX)
        {
            solution[i] = right[i];
        }

        Group.Barrier();
        for (int k = 0; k < sets; k++)
        {
            double x = solution[k] / factor[((long)k * sets) + k];
            Group.Barrier();
            for (int i = k + Group.IdxX; i < sets; i += Group.DimX)
            {
                double part = factor[((long)k * sets) + i] * x;
                solution[i] = i == k ? x : solution[i] - part;
            }

            Group.Barrier();
        }

        for (int k = sets - 1; k >= 0; k--)
        {
            double x = solution[k] / factor[((long)k * sets) + k];
            Group.Barrier();
            for (int i = Group.IdxX; i <= k; i += Group.DimX)
            {
                double part = factor[((long)i * sets) + k] * x;
                solution[i] = i == k ? x : solution[i] - part;
            }

            Group.Barrier();
        }
    }
}
