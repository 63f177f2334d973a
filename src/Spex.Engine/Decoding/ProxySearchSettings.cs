using Spex.Core.Trees;

namespace Spex.Engine.Decoding;

/// <summary>Which boosted trees a <see cref="ProxySearch"/> tries, and when it gives one up.</summary>
internal sealed record ProxySearchSettings
{
    // A tree's cost grows with masks × features: beyond the first (a thousand features with 3,000 masks) runs are shorter, beyond the second (5,000 with 10,000) there are fewer too.
    private const long CheapBits = 3_000_000, DearBits = 50_000_000;

    /// <summary>The search that is done unless another is asked for, by the number of masks and features.</summary>
    /// <remarks>
    /// Trees that start with the features' own effects and pairs win on most games (main effects are not learned again in every branch), plain deep ones where many features act
    /// together everywhere, as under attention: so both are tried, and those that are far behind are given up early.
    /// </remarks>
    public static ProxySearchSettings For(int sampleCount, int featureCount)
    {
        long bits = (long)sampleCount * featureCount;
        BoostingSettings staged = new(3, 0.1) { StumpCount = 200, PairTreeCount = 400 }, plain = new(3, 0.1);
        return bits > DearBits
            ? new() { Configurations = [staged with { PairTreeCount = 100 }, plain], MaxTrees = 500, Patience = 100 }
            : new()
            {
                Configurations = [staged, staged with { StumpCount = 100, PairTreeCount = 200 }, plain, new(4, 0.1) { StumpCount = 100 }, new(5, 0.1)],
                MaxTrees = bits > CheapBits ? 1200 : 2500,
                Patience = 100,
                Cuts = [(400, 2), (800, 1.25), (1200, 1.05)],
            };
    }

    /// <summary>The grid of Butler et al., "ProxySPEX" (2025), appendix: depth {3, 5, none with 31 leaves} × trees {500, 1000, 5000} × rate {0.01, 0.1}, without early stopping.</summary>
    public static ProxySearchSettings Paper { get; } = new()
    {
        Configurations = [new(3, 0.01), new(3, 0.1), new(5, 0.01), new(5, 0.1), new(null, 0.01), new(null, 0.1)],
        MaxTrees = 5000,
        TreeCounts = [500, 1000, 5000],
    };

    /// <summary>How trees may grow; of two that are equally good the first wins.</summary>
    public required IReadOnlyList<BoostingSettings> Configurations { get; init; }

    /// <summary>The most trees of a run, 1 or more.</summary>
    public required int MaxTrees { get; init; }

    /// <summary>The numbers of trees that may win, ascending; null for every number up to <see cref="MaxTrees"/>.</summary>
    public IReadOnlyList<int>? TreeCounts { get; init; }

    /// <summary>
    /// A configuration ends when the last so many trees, or the last third of all if that is more, brought no smaller error; null for never. Trees that are shallow because
    /// they come first do not count.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>Configurations that end when they have so many trees and their smallest error is more than so many times the smallest of all; ascending.</summary>
    public IReadOnlyList<(int Trees, double ErrorRatio)> Cuts { get; init; } = [];

    /// <summary>Trees that every run grows between two looks at the errors.</summary>
    public int RoundTrees { get; init; } = 25;
}
