namespace Spex.Kernels;

/// <summary>A leaf's training samples that have a feature.</summary>
/// <param name="Sum">The sum of a digit of their gradients.</param>
/// <param name="Count">Their number.</param>
public readonly record struct TreeBin(int Sum, int Count);
