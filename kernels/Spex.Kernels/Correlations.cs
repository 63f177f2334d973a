namespace Spex.Kernels;

/// <summary>What the evidence of a term is made of: κ_c and E_c of up to three groups.</summary>
internal readonly struct Correlations(double k0, double e0, double k1, double e1, double k2, double e2, int groups, int delays, double floor)
{
    public readonly double K0 = k0, E0 = e0, K1 = k1, E1 = e1, K2 = k2, E2 = e2;
    public readonly int Groups = groups, Delays = delays;
    public readonly double Floor = floor;
}
