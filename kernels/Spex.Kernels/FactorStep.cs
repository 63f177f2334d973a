namespace Spex.Kernels;

/// <summary>One column of a Cholesky factor.</summary>
/// <param name="Sets">p.</param>
/// <param name="Column">k.</param>
/// <param name="Added">What is added to the diagonal.</param>
/// <param name="SparesFirst">1 where the first diagonal element gets nothing.</param>
/// <param name="Jitter">What is added to every diagonal element.</param>
/// <param name="ZeroPivot">The share of its diagonal element from which on a pivot is not zero.</param>
public readonly record struct FactorStep(int Sets, int Column, double Added, int SparesFirst, double Jitter, double ZeroPivot);
