namespace Spex.Kernels;

/// <summary>A pair whose set has enough evidence.</summary>
/// <param name="Range">The range of pairs that it is in.</param>
/// <param name="Left">Its number on the left side.</param>
/// <param name="Right">Its number on the right side.</param>
/// <param name="Evidence">In nats.</param>
/// <param name="Coefficient">The coefficient at which the evidence is largest.</param>
public readonly record struct PairHit(int Range, int Left, int Right, double Evidence, double Coefficient);
