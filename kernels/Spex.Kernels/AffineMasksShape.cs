namespace Spex.Kernels;

/// <summary>The sizes of an affine design.</summary>
/// <param name="Words">Words a mask.</param>
/// <param name="Log2Bins">b: bits of l.</param>
/// <param name="Delays">Delays of a group.</param>
public readonly record struct AffineMasksShape(int Words, int Log2Bins, int Delays);
