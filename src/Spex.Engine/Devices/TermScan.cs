namespace Spex.Engine.Devices;

/// <summary>Sets to try: every exclusive or of a left and a right pattern.</summary>
/// <param name="Left">Patterns of the left side.</param>
/// <param name="LeftCount">How many.</param>
/// <param name="Right">Patterns of the right side.</param>
/// <param name="RightCount">How many.</param>
/// <param name="FirstRight">For each left pattern the first right one it is paired with; null for 0.</param>
/// <param name="Bar">What the evidence must exceed, in nats.</param>
/// <param name="QuickShare">The share of the bar that the quick evidence must reach before the evidence is computed.</param>
public readonly record struct TermScan(
    DeviceBuffer<SpexPattern> Left, int LeftCount, DeviceBuffer<SpexPattern> Right, int RightCount, DeviceBuffer<int>? FirstRight, double Bar, double QuickShare);
