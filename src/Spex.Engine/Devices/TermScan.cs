namespace Spex.Engine.Devices;

/// <summary>Patterns to make sets of: the exclusive or of a left and a right one, in the ranges that are tried.</summary>
/// <param name="Left">Patterns of the left side.</param>
/// <param name="Right">Patterns of the right side.</param>
/// <param name="FirstRight">For each left pattern the first right one it is paired with; null for the first of the range.</param>
/// <param name="QuickShare">The share of the bar that the quick evidence must reach before the evidence is computed.</param>
public readonly record struct TermScan(DeviceBuffer<SpexPattern> Left, DeviceBuffer<SpexPattern> Right, DeviceBuffer<int>? FirstRight, double QuickShare);
