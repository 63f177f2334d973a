namespace Spex.Kernels;

/// <summary>The best split among some features.</summary>
/// <param name="Score">n·gain, or 0 where none gains.</param>
/// <param name="Feature">Its feature.</param>
public readonly record struct TreeOffer(double Score, int Feature);
