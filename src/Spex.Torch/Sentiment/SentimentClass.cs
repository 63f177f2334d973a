namespace Spex.Torch.Sentiment;

/// <summary>What the model tells apart; the number is the logit's index.</summary>
public enum SentimentClass
{
    /// <summary>A text that disapproves.</summary>
    Negative = 0,

    /// <summary>A text that approves.</summary>
    Positive = 1,
}
