namespace Spex.Kernels;

/// <summary>The evidence of a term in nats, and the coefficient at which it is largest.</summary>
internal readonly struct TermEvidence(double strength, double coefficient)
{
    public readonly double Strength = strength, Coefficient = coefficient;
}
