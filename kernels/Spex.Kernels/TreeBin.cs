namespace Spex.Kernels;

/// <summary>A leaf's training samples that have a feature.</summary>
/// <param name="Sum">Their gradients' sum.</param>
/// <param name="Count">Their number.</param>
public readonly record struct TreeBin(int Sum, int Count);
