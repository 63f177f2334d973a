namespace Spex.Engine.Devices;

/// <summary>Pairs of a <see cref="TermScan"/> that are tried on the bins of one function.</summary>
/// <param name="Function">The function, by its number in the table.</param>
/// <param name="FirstLeft">The first left pattern.</param>
/// <param name="LeftCount">Left patterns from there.</param>
/// <param name="FirstRight">The first right pattern.</param>
/// <param name="RightCount">Right patterns from there.</param>
/// <param name="Bar">What the evidence must exceed, in nats.</param>
public readonly record struct ScanRange(int Function, int FirstLeft, int LeftCount, int FirstRight, int RightCount, double Bar);
