using Spex.Torch.Forward;

namespace Spex.Torch.Text;

/// <summary>What of a text's class is explained, and how.</summary>
/// <param name="Target">The class, by its label or number; null for the one the model predicts for the whole text.</param>
/// <param name="Measure">What of the class is the value.</param>
/// <param name="Removal">What becomes of features that are switched off; null for the mask token where the model has one, else deletion.</param>
/// <param name="Neutral">The word that takes a feature's place, where one does.</param>
/// <param name="Window">
/// Texts longer than this many tokens are read in windows of so many, one after the other, and the logits averaged; null for none: a text that is too long is refused.
/// </param>
public sealed record ClassifierTextOptions(
    string? Target = null, ClassMeasure Measure = ClassMeasure.Logit, TextRemoval? Removal = null, string Neutral = ClassifierTextOptions.StandardNeutral, int? Window = null)
{
    /// <summary>The neutral word where none is given.</summary>
    public const string StandardNeutral = "something";
}
