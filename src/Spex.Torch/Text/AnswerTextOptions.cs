namespace Spex.Torch.Text;

/// <summary>Which answer to a text is explained, and how.</summary>
/// <param name="Answer">The answer whose log-probability is the value; null for the one that the model itself gives to the whole text, word by word the most probable.</param>
/// <param name="Against">An answer whose log-probability is taken off, such as False beside True; null for none.</param>
/// <param name="AnswerTokens">The most tokens of the model's own answer.</param>
/// <param name="Removal">What becomes of features that are switched off; null for the mask token where the model has one, else deletion.</param>
/// <param name="Neutral">The word that takes a feature's place, where one does.</param>
public sealed record AnswerTextOptions(
    string? Answer = null, string? Against = null, int AnswerTokens = 16, TextRemoval? Removal = null, string Neutral = ClassifierTextOptions.StandardNeutral);
