namespace Spex.Kernels;

/// <summary>Pairs of patterns to try.</summary>
/// <param name="Bins">The table's sizes.</param>
/// <param name="FirstLeft">The first left pattern.</param>
/// <param name="LeftCount">Left patterns from there.</param>
/// <param name="RightCount">Right patterns.</param>
/// <param name="QuickBar">What the quick evidence must reach before the evidence is computed.</param>
/// <param name="Bar">What the evidence must exceed.</param>
/// <param name="Floor">The energy of a bin that holds nothing but rounding.</param>
public readonly record struct ScanShape(BinShape Bins, int FirstLeft, int LeftCount, int RightCount, double QuickBar, double Bar, double Floor);
