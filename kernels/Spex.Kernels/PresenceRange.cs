namespace Spex.Kernels;

/// <summary>The sizes of a regression in the AND basis, and a range of its samples.</summary>
/// <param name="Sets">p.</param>
/// <param name="Samples">N.</param>
/// <param name="First">The first sample of the range.</param>
/// <param name="End">The first sample after it.</param>
/// <param name="Functions">Whose values are fitted, one function's after another's.</param>
public readonly record struct PresenceRange(int Sets, int Samples, int First, int End, int Functions);
