namespace Spex.Torch.Sentiment;

/// <summary>How far a training run is.</summary>
/// <param name="Phase">What it does: "word vectors", "epoch 2 of 4", "measuring".</param>
/// <param name="Share">Share of the whole run that is done, 0 to 1.</param>
/// <param name="Loss">Mean loss over the last steps, in nats; NaN where none is known.</param>
public readonly record struct SentimentTrainingProgress(string Phase, double Share, double Loss);
