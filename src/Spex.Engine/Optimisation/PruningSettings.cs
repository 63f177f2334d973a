namespace Spex.Engine.Optimisation;

/// <summary>What may be chosen about a pruning.</summary>
public sealed record PruningSettings
{
    /// <summary>Ablations of which LASSO is fitted, 2 or more.</summary>
    public long Budget { get; init; } = 1000;

    /// <summary>Random sets of the wanted size that are evaluated, 0 or more.</summary>
    public int RandomSets { get; init; } = 1000;

    /// <summary>The seed of LASSO's masks and of the random sets.</summary>
    public ulong Seed { get; init; }

    /// <summary>A file that keeps every value; values it holds already are not evaluated again. Null for none.</summary>
    public string? SamplesFile { get; init; }

    /// <summary>How long the search may take.</summary>
    public RemovalSettings Removal { get; init; } = new();
}
