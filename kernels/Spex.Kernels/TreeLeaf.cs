namespace Spex.Kernels;

/// <summary>A leaf of a growing tree.</summary>
/// <param name="Count">Training samples.</param>
/// <param name="Sum">Their gradients' sum.</param>
/// <param name="Depth">Splits on the way to it.</param>
/// <param name="Feature">The feature of its best split, where it gains.</param>
/// <param name="Gain">What that gains, or 0.</param>
public readonly record struct TreeLeaf(int Count, long Sum, int Depth, int Feature, double Gain);
