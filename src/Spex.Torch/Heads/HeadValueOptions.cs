namespace Spex.Torch.Heads;

/// <summary>Which heads are explained, and by what.</summary>
/// <param name="Layers">The layers whose heads are features, ascending and distinct.</param>
/// <param name="Measure">The value.</param>
/// <param name="Rescaled">Whether a layer's kept heads are multiplied by H / (number kept), as in the paper.</param>
public sealed record HeadValueOptions(IReadOnlyList<int> Layers, HeadMeasure Measure = HeadMeasure.Accuracy, bool Rescaled = true);
