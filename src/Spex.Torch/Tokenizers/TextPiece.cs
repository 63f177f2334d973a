using Spex.Torch.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>One token of a text, as a model reads it.</summary>
/// <param name="Id">Its number in the vocabulary.</param>
/// <param name="Span">
/// Where it stands in the text, in UTF-16 units. Tokens that are single bytes of one character all stand where the character does; a token that the tokenizer puts in front has length 0.
/// </param>
public readonly record struct TextPiece(int Id, TextSpan Span);
