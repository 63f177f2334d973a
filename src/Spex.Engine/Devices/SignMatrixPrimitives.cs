using Spex.Core.Masks;
using Spex.Core.SignMatrices;

namespace Spex.Engine.Devices;

/// <summary>
/// The matrix X of Fourier characters, X_ij = (−1)^{|S_j ∩ m_i|} for N masks m_i and sets S_j, kept as packed bit columns: what regression on a spectrum
/// needs of it, without the dense matrix.
/// </summary>
/// <remarks>
/// <para>Columns are laid out as <see cref="SignMatrix"/> says: ⌈N/64⌉ words each, one after the other, 1 where X_ij = −1, zero beyond the last sample.</para>
/// <para>
/// Folds are ranges of samples given by F + 1 ascending boundaries in 0 … N: fold f is [boundaries[f], boundaries[f+1]). Every product below is
/// computed for each fold; what a regression without fold f needs is the sum over the others.
/// </para>
/// <para>Sums have the one order of <see cref="SignMatrix"/>: the same bits for any number of threads and any vector width.</para>
/// </remarks>
public abstract class SignMatrixPrimitives
{
    /// <summary>Writes the columns of sets: each the exclusive or of its features' mask columns; that of the empty set is zero.</summary>
    /// <param name="maskColumns">n mask columns, as <see cref="MaskPrimitives.Transpose"/> writes them.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="offsets">count + 1 ascending offsets into <paramref name="features"/>: set j has those at [offsets[j], offsets[j+1]).</param>
    /// <param name="features">Features of the sets, 0 … n−1, each at most once in a set. Read unchecked on some devices.</param>
    /// <param name="count">Number of sets.</param>
    /// <param name="columns">count × ⌈N/64⌉ words.</param>
    public abstract void Columns(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<int> offsets, DeviceBuffer<int> features, int count, DeviceBuffer<ulong> columns);

    /// <summary>
    /// Counts, for every fold and pair of columns, the samples in which they differ: differing[(f·countA + a)·countB + b] = D, so that X_aᵀX_b over
    /// fold f is N_f − 2D. Given the same buffer and count twice, it computes one half and mirrors it.
    /// </summary>
    /// <param name="columnsA">countA columns.</param>
    /// <param name="countA">Columns of the left side.</param>
    /// <param name="columnsB">countB columns.</param>
    /// <param name="countB">Columns of the right side.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="boundaries">The folds' F + 1 boundaries.</param>
    /// <param name="differing">F × countA × countB numbers.</param>
    public abstract void Gram(
        DeviceBuffer<ulong> columnsA, int countA, DeviceBuffer<ulong> columnsB, int countB, int sampleCount, ReadOnlySpan<int> boundaries, DeviceBuffer<int> differing);

    /// <summary>Computes Xᵀr for every fold and right-hand side: sums[(k·F + f)·count + j] = Σ_{i in fold f} X_ij r_k,i.</summary>
    /// <param name="columns">count columns.</param>
    /// <param name="count">Number of columns.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="values">rightSides × N numbers r, one right-hand side after the other.</param>
    /// <param name="rightSides">Number of right-hand sides.</param>
    /// <param name="boundaries">The folds' F + 1 boundaries.</param>
    /// <param name="sums">rightSides × F × count numbers.</param>
    public abstract void Project(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums);

    /// <summary>As the other, for values as models give them; sums are formed of the same numbers in double precision.</summary>
    public abstract void Project(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<float> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums);

    /// <summary>Computes Xβ: predictions[i] = Σ_j X_ij β_j.</summary>
    /// <param name="columns">count columns.</param>
    /// <param name="count">Number of columns.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="coefficients">β, count numbers.</param>
    /// <param name="predictions">N numbers.</param>
    public abstract void Predict(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> coefficients, DeviceBuffer<double> predictions);

    /// <summary>Checks what every device's form of <see cref="Columns"/> is given.</summary>
    private protected static void CheckColumns(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<int> offsets, DeviceBuffer<int> features, int count, DeviceBuffer<ulong> columns)
    {
        ArgumentNullException.ThrowIfNull(maskColumns);
        ArgumentNullException.ThrowIfNull(offsets);
        ArgumentNullException.ThrowIfNull(features);
        ArgumentOutOfRangeException.ThrowIfNegative(sampleCount);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        maskColumns.CheckHolds((long)featureCount * MaskMatrix.WordsFor(sampleCount));
        offsets.CheckHolds(count + 1L);
        CheckBits(columns, count, sampleCount);
    }

    /// <summary>Checks what every device's form of <see cref="Gram"/> is given.</summary>
    private protected static void CheckGram(
        DeviceBuffer<ulong> columnsA, int countA, DeviceBuffer<ulong> columnsB, int countB, int sampleCount, ReadOnlySpan<int> boundaries, DeviceBuffer<int> differing)
    {
        ArgumentNullException.ThrowIfNull(differing);
        CheckBits(columnsA, countA, sampleCount);
        CheckBits(columnsB, countB, sampleCount);
        CheckFolds(sampleCount, boundaries);
        differing.CheckHolds((boundaries.Length - 1L) * countA * countB);
    }

    /// <summary>Checks what every device's form of Project is given.</summary>
    private protected static void CheckProject<T>(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<T> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(sums);
        ArgumentOutOfRangeException.ThrowIfNegative(rightSides);
        CheckBits(columns, count, sampleCount);
        CheckFolds(sampleCount, boundaries);
        values.CheckHolds((long)rightSides * sampleCount);
        sums.CheckHolds((long)rightSides * (boundaries.Length - 1) * count);
    }

    /// <summary>Checks what every device's form of <see cref="Predict"/> is given.</summary>
    private protected static void CheckPredict(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> coefficients, DeviceBuffer<double> predictions)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        ArgumentNullException.ThrowIfNull(predictions);
        CheckBits(columns, count, sampleCount);
        coefficients.CheckHolds(count);
        predictions.CheckHolds(sampleCount);
    }

    private static void CheckBits(DeviceBuffer<ulong> columns, int count, int sampleCount)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(sampleCount);
        columns.CheckHolds((long)count * MaskMatrix.WordsFor(sampleCount));
    }

    private static void CheckFolds(int sampleCount, ReadOnlySpan<int> boundaries)
    {
        bool fine = boundaries.Length >= 1 && boundaries[0] >= 0 && boundaries[^1] <= sampleCount;
        for (int f = 1; f < boundaries.Length; f++)
        {
            fine &= boundaries[f - 1] <= boundaries[f];
        }

        if (!fine)
        {
            throw new ArgumentException(
                $"Folds are given by ascending boundaries in 0 … {sampleCount}; got [{string.Join(", ", boundaries.ToArray())}].", nameof(boundaries));
        }
    }
}
