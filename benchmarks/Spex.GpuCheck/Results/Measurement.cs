namespace Spex.GpuCheck.Results;

/// <summary>One measured number, beside the limit that the same run measured and the target.</summary>
/// <param name="Table">The table that it belongs to.</param>
/// <param name="Name">What was measured.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">The limit in the same unit; null where there is none.</param>
/// <param name="Target">The least share of the limit, or the most seconds; null where nothing is asked for.</param>
internal sealed record Measurement(string Table, string Name, double Value, string Unit, double? Limit, double? Target)
{
    /// <summary>The share of the limit that was reached.</summary>
    public double? Share => Value / Limit;

    /// <summary>Whether the target is met; null where there is none.</summary>
    public bool? IsMet => Target is null ? null : Limit is null ? Value <= Target : Share >= Target;
}
