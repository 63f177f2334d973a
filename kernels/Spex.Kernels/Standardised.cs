namespace Spex.Kernels;

/// <summary>How the values of a function are standardised.</summary>
/// <param name="Start">The index of its first value.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Scale">A power of two.</param>
public readonly record struct Standardised(long Start, double Mean, double Scale);
