namespace Spex.GpuCheck.Results;

/// <summary>How a check ended.</summary>
internal enum Outcome
{
    /// <summary>It holds.</summary>
    Passed,

    /// <summary>It does not hold.</summary>
    Failed,

    /// <summary>It could not be made here.</summary>
    Skipped,
}
