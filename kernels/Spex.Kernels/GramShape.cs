namespace Spex.Kernels;

/// <summary>The sizes of a Gram matrix.</summary>
/// <param name="CountA">Columns of the left side.</param>
/// <param name="CountB">Columns of the right side.</param>
/// <param name="Words">Words a column.</param>
/// <param name="Units">Units of 4 × 4 pairs along a side of a tile, 1 to <see cref="SignMatrixKernels.MostGramUnits"/>.</param>
/// <param name="Functions">Left sides, one after another, each with a right side of its own.</param>
/// <param name="RightStride">Columns from one right side to the next.</param>
/// <param name="Mirror">1 where both sides are the same: tiles below the diagonal are copied from those above; else 0.</param>
public readonly record struct GramShape(int CountA, int CountB, int Words, int Units, int Functions, int RightStride, int Mirror)
{
    /// <summary>Groups to launch for a number of folds of each function.</summary>
    public long Tiles(int folds)
    {
        long side = 4 * Units;
        return (long)Functions * folds * ((CountA + side - 1) / side) * ((CountB + side - 1) / side);
    }
}
