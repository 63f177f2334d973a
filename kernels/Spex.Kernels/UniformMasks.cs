namespace Spex.Kernels;

/// <summary>What fixes the masks of a uniform design.</summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Stream">The design's stream of the seed's numbers.</param>
/// <param name="Words">Words a mask, 1 or more.</param>
/// <param name="LowBits">Bits of the permutation: min(n, 64).</param>
/// <param name="LastWord">The bits that a mask's last word may have.</param>
/// <param name="Key0">Key of round 0.</param>
/// <param name="Key1">Key of round 1.</param>
/// <param name="Key2">Key of round 2.</param>
/// <param name="Key3">Key of round 3.</param>
/// <param name="Key4">Key of round 4.</param>
/// <param name="Key5">Key of round 5.</param>
/// <param name="Key6">Key of round 6.</param>
/// <param name="Key7">Key of round 7.</param>
public readonly record struct UniformMasks(
    ulong Seed,
    ulong Stream,
    int Words,
    int LowBits,
    ulong LastWord,
    ulong Key0,
    ulong Key1,
    ulong Key2,
    ulong Key3,
    ulong Key4,
    ulong Key5,
    ulong Key6,
    ulong Key7);
