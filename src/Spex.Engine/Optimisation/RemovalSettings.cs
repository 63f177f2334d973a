namespace Spex.Engine.Optimisation;

/// <summary>How long the search for a removal may take.</summary>
public sealed record RemovalSettings
{
    /// <summary>
    /// The most that CP-SAT spends on one direction, in its deterministic time: a count of its steps, about seconds of an unloaded core, that is the same on every machine and in every
    /// run. Above 0.
    /// </summary>
    public double EffortLimit { get; init; } = 10;
}
