namespace Spex.Torch.Heads;

/// <summary>How well a model answers questions.</summary>
/// <param name="Accuracy">See <see cref="HeadMeasure.Accuracy"/>, 0 to 1.</param>
/// <param name="Margin">See <see cref="HeadMeasure.Margin"/>.</param>
public readonly record struct HeadScore(double Accuracy, double Margin);
