namespace Spex.Torch.Text;

/// <summary>One token of a text.</summary>
/// <param name="Form">What the vocabulary is asked for: lower case, quotes and dashes in one spelling.</param>
/// <param name="Span">Where it stands in the original text.</param>
public readonly record struct TextToken(string Form, TextSpan Span);
