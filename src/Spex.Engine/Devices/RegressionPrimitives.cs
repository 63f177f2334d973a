using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Engine.Devices;

/// <summary>Regression on Fourier characters with each of several folds left out: paths of thresholds, residuals of finished fits, and which sets a residual points at.</summary>
public abstract class RegressionPrimitives
{
    /// <summary>Sets whose columns are made at a time where there may be many.</summary>
    private protected const int SetsAtATime = 1 << 14;

    /// <summary>Loads regressions of functions on the same masks; the buffers belong to the caller and must live as long as the paths.</summary>
    /// <param name="maskColumns">n mask columns, as <see cref="MaskPrimitives.Transpose"/> writes them.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="values">N values y of each function, one function after another.</param>
    /// <param name="boundaries">F + 1 ascending boundaries from 0 to N: fold f is samples [boundaries[f], boundaries[f+1]), none empty.</param>
    /// <param name="functions">What is fitted of each.</param>
    public abstract RegressionPath Load(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<double> values, int[] boundaries, IReadOnlyList<RegressionProblem> functions);

    /// <summary>
    /// Writes y − ŷ of each function's fits, 0 for the samples of the fold that a fit has not seen: the fits of F folds, and last that of all samples, which has seen them all.
    /// </summary>
    /// <param name="maskColumns">n mask columns, as <see cref="MaskPrimitives.Transpose"/> writes them.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="values">N values y of each function, one function after another.</param>
    /// <param name="boundaries">F + 1 boundaries.</param>
    /// <param name="fits">For each function F + 1 lists of terms.</param>
    /// <param name="residuals">Takes (F + 1) × N numbers a function.</param>
    /// <param name="errors">Takes N squared errors a function, each sample's under the fit that has not seen it; null where they are not wanted.</param>
    public abstract void Residuals(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        int featureCount,
        DeviceBuffer<double> values,
        int[] boundaries,
        IReadOnlyList<SpectrumTerm[]> fits,
        DeviceBuffer<double> residuals,
        DeviceBuffer<double>? errors);

    /// <summary>For each function's problems those of the candidate sets whose characters have the largest products with its residual in magnitude; of equal ones the earlier sets.</summary>
    /// <param name="maskColumns">n mask columns, as <see cref="MaskPrimitives.Transpose"/> writes them.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="sets">For each function the candidates of all its problems, each once, in any order.</param>
    /// <param name="residuals">Problems × N numbers, one function's after another's.</param>
    /// <param name="members">For each problem, as many of every function, the numbers of its candidates; null for all of its function.</param>
    /// <param name="most">How many to give.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <returns>Numbers of the function's sets, a list a problem, in no particular order.</returns>
    public abstract int[][] Screen(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        int featureCount,
        IReadOnlyList<FeatureSet[]> sets,
        DeviceBuffer<double> residuals,
        IReadOnlyList<int[]?> members,
        int most,
        CancellationToken cancel);

    /// <summary>Sums of contiguous groups of each row's numbers: number i of a row belongs to group ⌊i·groups/count⌋.</summary>
    /// <param name="numbers">The numbers, one row after another.</param>
    /// <param name="count">How many a row.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="sums">Takes one sum a row and group; at most as many as there are numbers.</param>
    public abstract void SumGroups(DeviceBuffer<double> numbers, int count, int rows, Span<double> sums);

    /// <summary>Least squares on characters: replaces Xᵀr by (XᵀX)⁻¹Xᵀr for several r, by the Cholesky factor of XᵀX in float64.</summary>
    /// <remarks>Where columns depend on others, the diagonal is raised by 10⁻⁹ of its mean, or more if that is not enough: the solution is close to the shortest of all.</remarks>
    /// <param name="columns">p columns, as <see cref="SignMatrixPrimitives.Columns"/> writes them.</param>
    /// <param name="count">p.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="products">p numbers a right-hand side, one after the other, as <see cref="SignMatrixPrimitives.Project(DeviceBuffer{ulong}, int, int, DeviceBuffer{double}, int, ReadOnlySpan{int}, DeviceBuffer{double})"/> gives them.</param>
    /// <param name="rightSides">How many.</param>
    public abstract void SolveNormalEquations(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> products, int rightSides);

    /// <summary>Checks what every device's form of <see cref="SolveNormalEquations"/> is given.</summary>
    private protected static void CheckNormalEquations(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> products, int rightSides)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(products);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rightSides);
        columns.CheckHolds((long)count * MaskMatrix.WordsFor(sampleCount));
        products.CheckHolds((long)rightSides * count);
    }

    /// <summary>Checks what every device's form of <see cref="Load"/> is given.</summary>
    private protected static void CheckLoad(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<double> values, int[] boundaries, IReadOnlyList<RegressionProblem> functions)
    {
        ArgumentNullException.ThrowIfNull(maskColumns);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(boundaries);
        ArgumentNullException.ThrowIfNull(functions);
        ArgumentOutOfRangeException.ThrowIfZero(functions.Count, nameof(functions));
        maskColumns.CheckHolds((long)featureCount * MaskMatrix.WordsFor(sampleCount));
        values.CheckHolds((long)functions.Count * sampleCount);
    }

    /// <summary>Checks what every device's form of <see cref="Residuals"/> is given.</summary>
    private protected static void CheckResiduals(
        int sampleCount, DeviceBuffer<double> values, int[] boundaries, IReadOnlyList<SpectrumTerm[]> fits, DeviceBuffer<double> residuals, DeviceBuffer<double>? errors)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(boundaries);
        ArgumentNullException.ThrowIfNull(fits);
        ArgumentNullException.ThrowIfNull(residuals);
        int functions = fits.Count / boundaries.Length;
        values.CheckHolds((long)functions * sampleCount);
        residuals.CheckHolds((long)fits.Count * sampleCount);
        errors?.CheckHolds((long)functions * sampleCount);
        if (functions == 0 || fits.Count % boundaries.Length != 0)
        {
            throw new ArgumentException($"There are {fits.Count} fits; {boundaries.Length - 1} folds of a function take one each, and one more.", nameof(fits));
        }
    }

    /// <summary>Checks what every device's form of <see cref="Screen"/> is given.</summary>
    private protected static void CheckScreen(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, IReadOnlyList<FeatureSet[]> sets, DeviceBuffer<double> residuals, IReadOnlyList<int[]?> members, int most)
    {
        ArgumentNullException.ThrowIfNull(maskColumns);
        ArgumentNullException.ThrowIfNull(sets);
        ArgumentNullException.ThrowIfNull(residuals);
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        ArgumentOutOfRangeException.ThrowIfZero(sets.Count, nameof(sets));
        if (members.Count % sets.Count != 0)
        {
            throw new ArgumentException($"There are {members.Count} problems of {sets.Count} functions; every function has as many.", nameof(members));
        }

        maskColumns.CheckHolds((long)featureCount * MaskMatrix.WordsFor(sampleCount));
        residuals.CheckHolds((long)members.Count * sampleCount);
    }
}
