namespace Spex.Core.Metrics;

/// <summary>The range that holds an estimate's true value with a stated confidence.</summary>
/// <param name="Lower">Lower end.</param>
/// <param name="Upper">Upper end.</param>
public readonly record struct Interval(double Lower, double Upper);
