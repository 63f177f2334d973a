namespace Spex.Kernels;

/// <summary>A function whose bins are decoded.</summary>
/// <param name="Function">Its number.</param>
/// <param name="Floor">The energy of one of its bins that holds nothing but rounding.</param>
/// <param name="LeastEnergy">A bin is decoded when its energy is above this.</param>
public readonly record struct DecodedFunction(int Function, double Floor, double LeastEnergy);
