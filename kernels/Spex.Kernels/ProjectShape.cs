namespace Spex.Kernels;

/// <summary>The sizes of a projection.</summary>
/// <param name="Count">Number of columns.</param>
/// <param name="SampleCount">N.</param>
/// <param name="Words">Words a column.</param>
/// <param name="Segments">Parts of folds within blocks.</param>
/// <param name="RightSides">Number of right-hand sides.</param>
/// <param name="SidesOfColumns">So many right-hand sides, side by side, have the same columns; those of the next follow.</param>
public readonly record struct ProjectShape(int Count, int SampleCount, int Words, int Segments, int RightSides, int SidesOfColumns)
{
    /// <summary>Groups to launch.</summary>
    public long Tiles => (Count + SignMatrixKernels.ProjectColumns - 1L) / SignMatrixKernels.ProjectColumns * Segments * RightSides;
}
