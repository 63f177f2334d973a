namespace Spex.Engine.Devices;

/// <summary>Which bins are decoded, and how hard.</summary>
/// <param name="ChaseDepth">Bits that may be flipped: the least reliable ones, in all 2^depth ways, also of the complement; 0 for the hard word alone.</param>
/// <param name="LoudRatio">A bin is decoded when its energy is above this multiple of the lower quartile of the energies of its function's bins; 0 for all.</param>
/// <param name="LeastChange">A bin is decoded when its energy differs from what it was when last tried by more than this share of it.</param>
/// <param name="Tried">For each bin of each function its energy when it was last tried, 0 when never; is brought up to date.</param>
public readonly record struct BinTrial(int ChaseDepth, double LoudRatio, double LeastChange, DeviceBuffer<double> Tried)
{
    /// <summary>The largest chase depth.</summary>
    public const int MostChaseDepth = 8;
}
