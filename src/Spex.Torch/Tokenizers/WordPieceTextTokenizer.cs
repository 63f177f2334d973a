using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using Spex.Core;
using Spex.Torch.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>WordPiece as BERT and DistilBERT use it: words split by BERT's rules, then the longest pieces that the vocabulary has.</summary>
internal sealed class WordPieceTextTokenizer : TextTokenizer
{
    private readonly WordPieceTokenizer _pieces;
    private readonly BertWords _words;
    private readonly IReadOnlyList<string> _vocabulary;

    /// <param name="vocabulary">The pieces in order; those inside a word begin with ##.</param>
    /// <param name="unknown">The piece for words that cannot be put together.</param>
    /// <param name="words">How words are split.</param>
    /// <param name="special">The special tokens.</param>
    /// <exception cref="SpexInputException">A piece occurs twice, or the unknown one is missing.</exception>
    public WordPieceTextTokenizer(IReadOnlyList<string> vocabulary, string unknown, BertWords words, SpecialTokens special)
        : base(special)
    {
        _vocabulary = vocabulary;
        _words = words;
        using MemoryStream lines = new(Encoding.UTF8.GetBytes(string.Join('\n', vocabulary)));
        try
        {
            // Words come one at a time; whatever characters they hold, they are one.
            _pieces = WordPieceTokenizer.Create(lines, new WordPieceOptions { UnknownToken = unknown, PreTokenizer = new RegexPreTokenizer(new Regex(@"[\s\S]+"), null) });
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new SpexInputException($"The vocabulary of {vocabulary.Count} pieces cannot be used: {error.Message}", error);
        }
    }

    /// <inheritdoc/>
    public override string Name => $"wordpiece:{(_words.LowerCase ? "lower" : "cased")}:{_vocabulary.Count}";

    /// <inheritdoc/>
    public override int VocabularySize => _vocabulary.Count;

    /// <inheritdoc/>
    public override string Normalize(string text) => _words.StripAccents ? text : CanonicalForms.Compose(text);

    /// <inheritdoc/>
    public override IReadOnlyList<int> EncodeContinuation(string text) => [.. Encode(Normalize(text)).Select(piece => piece.Id)];

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids, bool continues = false)
    {
        StringBuilder text = new();
        foreach (string piece in ids.Where(id => !Special.Contents.Values.Contains(id)).Select(id => _vocabulary[id]))
        {
            bool inside = piece.StartsWith("##", StringComparison.Ordinal);
            text.Append(inside ? "" : " ").Append(inside ? piece[2..] : piece);
        }

        return text.Length > 0 && text[0] == ' ' && !continues ? text.ToString(1, text.Length - 1) : text.ToString();
    }

    /// <inheritdoc/>
    private protected override void Encode(string text, int start, int end, List<TextPiece> pieces)
    {
        foreach ((string word, TextSpan[] letters) in _words.Split(text, start, end))
        {
            foreach (EncodedToken token in _pieces.EncodeToTokens(word, out _))
            {
                (int first, int last) = (token.Offset.Start.Value, token.Offset.End.Value - 1);
                pieces.Add(new TextPiece(token.Id, new TextSpan(letters[first].Start, letters[last].End - letters[first].Start)));
            }
        }
    }
}
