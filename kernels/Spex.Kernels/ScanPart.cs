namespace Spex.Kernels;

/// <summary>Pairs to try on the bins of one function: left patterns × right patterns.</summary>
/// <param name="FirstPair">How many pairs the parts before it have.</param>
/// <param name="Function">The function.</param>
/// <param name="Range">What the hits name.</param>
/// <param name="FirstLeft">The first left pattern.</param>
/// <param name="FirstRight">The first right pattern.</param>
/// <param name="RightCount">Right patterns from there.</param>
/// <param name="QuickBar">What the quick evidence must reach before the evidence is computed.</param>
/// <param name="Bar">What the evidence must exceed.</param>
/// <param name="Floor">The energy of a bin that holds nothing but rounding.</param>
public readonly record struct ScanPart(int FirstPair, int Function, int Range, int FirstLeft, int FirstRight, int RightCount, double QuickBar, double Bar, double Floor);
