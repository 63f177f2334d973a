namespace Spex.Torch.Sentiment;

/// <summary>An encoded text and its label, 1 = positive.</summary>
internal readonly record struct TrainingExample(int[] Ids, int Label);
