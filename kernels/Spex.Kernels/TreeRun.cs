namespace Spex.Kernels;

/// <summary>A run that grows, and its settings.</summary>
/// <param name="Slot">Which rows of residuals, shifts and ends are its own.</param>
/// <param name="Function">Whose values it follows.</param>
/// <param name="Seen">Which row of <see cref="TreeSamples.Training"/> tells what its trees see.</param>
/// <param name="Bias">What it starts from.</param>
/// <param name="MaxDepth">The most splits on the way to a leaf, 1 or more.</param>
/// <param name="MaxLeaves">The most leaves, 2 to M.</param>
/// <param name="MinSamples">The fewest training samples in a leaf, 1 or more.</param>
/// <param name="Limit">The largest gradient: 7 where gradients are quantized, else below 2^(4D − 1).</param>
/// <param name="TrainingCount">Samples that its trees see, 1 or more.</param>
/// <param name="Rate">The learning rate.</param>
public readonly record struct TreeRun(int Slot, int Function, int Seen, int Bias, int MaxDepth, int MaxLeaves, int MinSamples, int Limit, int TrainingCount, double Rate);
