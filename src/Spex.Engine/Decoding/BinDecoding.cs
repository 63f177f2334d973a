namespace Spex.Engine.Decoding;

/// <summary>How SPEX reads the bins' signs (`--decode`).</summary>
public enum BinDecoding
{
    /// <summary>Hard bits first, then the flips of the least reliable ones, ranked by the energy that they explain.</summary>
    Soft,

    /// <summary>Hard bits only: each bin is one bounded-distance decode.</summary>
    Hard,
}
