namespace Spex.Engine.Benchmarking;

/// <summary>What one method reached on one value function with one number of ablations.</summary>
/// <param name="Subject">The value function's name.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Method">The method, with its order where one was given: "faith-banzhaf:2".</param>
/// <param name="Budget">The ablations that every method was given.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Masks">The validation masks that were asked for.</param>
public sealed record BenchmarkCell(string Subject, string Fingerprint, string Method, long Budget, ulong Seed, int Masks)
{
    /// <summary>Where it was decoded; the processor, where a file says nothing of it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Why the method did not run; null where it did.</summary>
    public string? Skipped { get; init; }

    /// <summary>R² on the validation masks.</summary>
    public double? R2 { get; init; }

    /// <summary>Lower end of its 95 % interval.</summary>
    public double? Lower { get; init; }

    /// <summary>Upper end of its 95 % interval.</summary>
    public double? Upper { get; init; }

    /// <summary>Rem(r) for r = 1, 2, …: how far removing the r features that the spectrum holds for the strongest moves the true value, as a share of it.</summary>
    public IReadOnlyList<double> Removal { get; init; } = [];

    /// <summary>How many of these removals were not proven to be the spectrum's best.</summary>
    public int UnprovenRemovals { get; init; }

    /// <summary>The share of the ten strongest true terms that are among the ten strongest found ones; null where the truth is not known.</summary>
    public double? Recall { get; init; }

    /// <summary>Ablations that the fit used.</summary>
    public long Ablations { get; init; }

    /// <summary>Ablations beside the budget: to validate and to measure removals.</summary>
    public long FurtherAblations { get; init; }

    /// <summary>Seconds outside the value function.</summary>
    public double DecodeSeconds { get; init; }

    /// <summary>Whether another cell is of the same run.</summary>
    public bool IsSameRun(BenchmarkCell other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Fingerprint, Method, Budget, Seed, Masks, Device) == (other.Fingerprint, other.Method, other.Budget, other.Seed, other.Masks, other.Device);
    }
}
