using Spex.Core.Trees;

namespace Spex.Engine.Decoding;

/// <summary>Which boosted trees a <see cref="ProxySearch"/> tries, and when it gives one up.</summary>
internal sealed record ProxySearchSettings
{
    // The trees only have to name the sets that matter; the refit finds their neighbours and their coefficients. More trees, and other shapes, predict better by themselves but
    // lead to no better refit.
    private const int FewTrees = 300, ManyTrees = 500, SamplesATree = 5;

    /// <summary>The search that is done unless another is asked for, by the number of masks.</summary>
    public static ProxySearchSettings For(int sampleCount) => new()
    {
        Configurations = [new(3, 0.1), new(5, 0.1)],
        MaxTrees = Math.Clamp(sampleCount / SamplesATree, FewTrees, ManyTrees),
        Patience = 50,
    };

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

    /// <summary>A configuration ends when the last so many trees, or the last third of all if that is more, brought no smaller error; null for never.</summary>
    public int? Patience { get; init; }

    /// <summary>Trees that every run grows between two looks at the errors.</summary>
    public int RoundTrees { get; init; } = 25;
}
