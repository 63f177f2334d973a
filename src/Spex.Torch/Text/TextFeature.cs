namespace Spex.Torch.Text;

/// <summary>A part of a text that is switched off as one: a run of tokens.</summary>
/// <param name="Span">What people are shown of it; punctuation that goes with a word is outside its span.</param>
/// <param name="FirstToken">Index of its first token.</param>
/// <param name="TokenCount">Number of tokens, 1 or more.</param>
public readonly record struct TextFeature(TextSpan Span, int FirstToken, int TokenCount);
