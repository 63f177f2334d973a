using System.Text;
using Microsoft.ML.Tokenizers;
using Spex.Core;
using Spex.Torch.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>Byte-pair encoding over the bytes of UTF-8 (Radford et al., 2019): GPT-2, RoBERTa, Qwen2, Llama 3.</summary>
internal sealed class ByteLevelTokenizer : TextTokenizer
{
    private static readonly Dictionary<char, byte> Bytes = AlphabetOfBytes();
    private static readonly char[] Letters = [.. Bytes.OrderBy(letter => letter.Value).Select(letter => letter.Key)];

    private readonly BpeTokenizer _pieces;
    private readonly IReadOnlyDictionary<string, int> _vocabulary;
    private readonly Dictionary<int, string> _forms = [];
    private readonly Rules _rules;

    /// <param name="vocabulary">Pieces and numbers, in the alphabet of bytes ("Ġthe").</param>
    /// <param name="merges">"Ġ t", best first.</param>
    /// <param name="rules">How text is split.</param>
    /// <param name="special">The special tokens.</param>
    /// <exception cref="SpexInputException">A merge names a piece that the vocabulary lacks.</exception>
    public ByteLevelTokenizer(IReadOnlyDictionary<string, int> vocabulary, IEnumerable<string> merges, Rules rules, SpecialTokens special)
        : base(special)
    {
        _rules = rules;
        _vocabulary = vocabulary;
        foreach ((string form, int id) in vocabulary)
        {
            _forms[id] = form;
        }

        VocabularySize = Math.Max(_forms.Keys.DefaultIfEmpty(-1).Max(), special.Contents.Values.DefaultIfEmpty(-1).Max()) + 1;
        try
        {
            _pieces = BpeTokenizer.Create(new BpeOptions(vocabulary) { Merges = merges, ByteLevel = true, PreTokenizer = rules.Split });
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw new SpexInputException($"The vocabulary of {vocabulary.Count} pieces and its merges cannot be used: {error.Message}", error);
        }
    }

    /// <summary>How a byte-level tokenizer splits text.</summary>
    /// <param name="Name">Names the rules, for fingerprints.</param>
    /// <param name="Split">The patterns.</param>
    /// <param name="Composes">Whether text is brought to NFC first.</param>
    /// <param name="PrefixSpace">Whether a space is put in front of a text.</param>
    /// <param name="WholeFirst">Whether a stretch that is a piece as a whole is that piece, whatever the merges say ("ignore_merges", Llama 3).</param>
    public sealed record Rules(string Name, SplitChain Split, bool Composes, bool PrefixSpace, bool WholeFirst = false);

    /// <inheritdoc/>
    public override string Name => $"bytes:{_rules.Name}:{VocabularySize}";

    /// <inheritdoc/>
    public override int VocabularySize { get; }

    /// <inheritdoc/>
    public override string Normalize(string text) => _rules.Composes ? CanonicalForms.Compose(text) : text;

    /// <inheritdoc/>
    public override IReadOnlyList<int> EncodeContinuation(string text)
    {
        string normal = Normalize(text);
        List<TextPiece> pieces = [];
        AddPieces(normal, 0, pieces);
        return [.. pieces.Select(piece => piece.Id)];
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids, bool continues = false)
    {
        List<byte> bytes = [];
        foreach (int id in ids)
        {
            if (_forms.TryGetValue(id, out string? form) && !Special.Contents.ContainsKey(form))
            {
                bytes.AddRange(form.Where(Bytes.ContainsKey).Select(letter => Bytes[letter]));
            }
        }

        string text = Encoding.UTF8.GetString([.. bytes]);
        return _rules.PrefixSpace && !continues && text.StartsWith(' ') ? text[1..] : text;
    }

    /// <inheritdoc/>
    private protected override void Encode(string text, int start, int end, List<TextPiece> pieces)
    {
        bool prefix = _rules.PrefixSpace && start == 0;
        AddPieces((prefix ? " " : "") + text[start..end], prefix ? -1 : start, pieces);
    }

    /// <summary>Adds the tokens of a text whose first character stands at <paramref name="offset"/>, or, at −1, before the beginning.</summary>
    private void AddPieces(string text, int offset, List<TextPiece> pieces)
    {
        // A token's form has one letter a byte: where it stands follows from the bytes before it.
        int[] places = PlacesOfBytes(text);
        int first = 0;
        foreach ((int id, int length) in _rules.WholeFirst ? _rules.Split.PreTokenize(text).SelectMany(part => OfStretch(text.Substring(part.Offset, part.Length))) : OfMerges(text))
        {
            int last = first + length - 1;
            int start = places[Math.Min(first, places.Length - 2)], end = places[Math.Min(last, places.Length - 2) + 1];
            int from = Math.Max(0, start + offset);
            pieces.Add(new TextPiece(id, new TextSpan(from, Math.Max(end, start + 1) + offset - from)));
            first = last + 1;
        }
    }

    /// <summary>Tokens with their bytes.</summary>
    private IEnumerable<(int Id, int Length)> OfMerges(string text) => _pieces.EncodeToTokens(text, out _).Select(token => (token.Id, token.Value.Length));

    private IEnumerable<(int Id, int Length)> OfStretch(string text)
    {
        string form = string.Concat(Encoding.UTF8.GetBytes(text).Select(letter => Letters[letter]));
        return _vocabulary.TryGetValue(form, out int id) ? [(id, form.Length)] : OfMerges(text);
    }

    /// <summary>For each byte of the text in UTF-8 the character it belongs to; at the end, the text's length.</summary>
    private static int[] PlacesOfBytes(string text)
    {
        List<int> places = new(text.Length + 1);
        for (int i = 0; i < text.Length;)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            places.AddRange(Enumerable.Repeat(i, Encoding.UTF8.GetByteCount(text.AsSpan(i, length))));
            i += length;
        }

        places.Add(text.Length);
        return [.. places];
    }

    /// <summary>GPT-2's alphabet: printable bytes stand for themselves, the others for letters from U+0100 on.</summary>
    private static Dictionary<char, byte> AlphabetOfBytes()
    {
        Dictionary<char, byte> bytes = [];
        int further = 0x100;
        for (int code = 0; code < 256; code++)
        {
            bool printable = code is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            bytes.Add((char)(printable ? code : further++), (byte)code);
        }

        return bytes;
    }
}
