namespace Spex.Kernels;

/// <summary>The sizes of a regression with a fold left out of each problem but the last, of one function or of many whose sets are their own.</summary>
/// <param name="Sets">p: sets of a function that may enter; the first is the constant.</param>
/// <param name="Samples">N.</param>
/// <param name="Words">W = ⌈N/64⌉.</param>
/// <param name="Problems">F + 1 of each function.</param>
/// <param name="Functions">How many.</param>
public readonly record struct RegressionShape(int Sets, int Samples, int Words, int Problems, int Functions);
