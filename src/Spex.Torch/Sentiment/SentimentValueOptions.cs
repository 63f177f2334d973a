using Spex.Torch.Text;

namespace Spex.Torch.Sentiment;

/// <summary>What of a text is explained.</summary>
/// <param name="Target">The class whose logit is the value; null for the class that the model predicts for the whole text.</param>
/// <param name="Unit">What a feature is.</param>
public sealed record SentimentValueOptions(SentimentClass? Target = null, TextUnit Unit = TextUnit.Word);
