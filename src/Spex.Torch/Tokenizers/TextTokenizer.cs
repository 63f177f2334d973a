using System.Text.RegularExpressions;
using Spex.Torch.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>Turns a text into a model's tokens, and tokens into text.</summary>
public abstract class TextTokenizer
{
    private readonly Regex? _special;

    /// <summary>Takes the special tokens.</summary>
    protected TextTokenizer(SpecialTokens special)
    {
        ArgumentNullException.ThrowIfNull(special);
        Special = special;
        if (special.Contents.Count > 0)
        {
            // The longest first: one may begin with another.
            _special = new Regex(string.Join('|', special.Contents.Keys.OrderByDescending(content => content.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
        }
    }

    /// <summary>The kind and what tells it from others of its kind, for fingerprints.</summary>
    public abstract string Name { get; }

    /// <summary>Number of tokens in the vocabulary: all numbers are below it.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The special tokens.</summary>
    public SpecialTokens Special { get; }

    /// <summary>The text in the form whose places the tokens' spans give: composed (NFC) where the tokenizer composes, else as it is.</summary>
    public virtual string Normalize(string text) => text;

    /// <summary>The tokens of a text, without those that go around it.</summary>
    /// <param name="text">The text, as <see cref="Normalize"/> gave it.</param>
    public IReadOnlyList<TextPiece> Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TextPiece> pieces = [];
        int start = 0;
        foreach (Match match in _special?.Matches(text).AsEnumerable() ?? [])
        {
            if (match.Index > start)
            {
                Encode(text, start, match.Index, pieces);
            }

            pieces.Add(new TextPiece(Special.Contents[match.Value], new TextSpan(match.Index, match.Length)));
            start = match.Index + match.Length;
        }

        if (start < text.Length)
        {
            Encode(text, start, text.Length, pieces);
        }

        return pieces;
    }

    /// <summary>The numbers of a text's tokens, with those that go around it.</summary>
    public IReadOnlyList<int> EncodeWhole(string text) => [.. Special.Before, .. Encode(Normalize(text)).Select(piece => piece.Id), .. Special.After];

    /// <summary>The tokens of a text that continues another one: nothing is put in front of it.</summary>
    /// <param name="text">The text; a space at its beginning is part of it.</param>
    public abstract IReadOnlyList<int> EncodeContinuation(string text);

    /// <summary>The text of tokens; special ones are left out.</summary>
    /// <param name="ids">Numbers below <see cref="VocabularySize"/>.</param>
    /// <param name="continues">Whether the tokens continue a text: then a space at the beginning stays.</param>
    public abstract string Decode(IEnumerable<int> ids, bool continues = false);

    /// <summary>Adds the tokens of a stretch without special tokens.</summary>
    private protected abstract void Encode(string text, int start, int end, List<TextPiece> pieces);
}
