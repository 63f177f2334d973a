using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>How thresholds fall along a <see cref="SparsePath"/>, and where it ends.</summary>
/// <param name="Shrinkage">The rule.</param>
/// <param name="Ratio">Of a threshold to the one before.</param>
/// <param name="Patience">Steps without a smaller error after which the path ends.</param>
internal sealed record PathRule(Shrinkage Shrinkage, double Ratio, int Patience)
{
    /// <summary>The most steps.</summary>
    public int MaxSteps { get; init; } = int.MaxValue;

    /// <summary>An error is a smaller one when it is below this share of the least.</summary>
    public double Better { get; init; } = 1;

    /// <summary>The path ends at an error above this multiple of the least.</summary>
    public double Worse { get; init; } = double.PositiveInfinity;

    /// <summary>The path ends below this share of the largest threshold.</summary>
    public double LeastShare { get; init; }

    /// <summary>The path ends where the least error is at most this share of Σ y²; NaN for never.</summary>
    public double ExactShare { get; init; } = double.NaN;
}
