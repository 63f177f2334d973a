using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Torch.Tokenizers;

namespace Spex.Torch.Text;

/// <summary>A text's tokens, the feature each belongs to, and what the model reads when features are switched off.</summary>
internal sealed class MaskedText
{
    private readonly int[] _tokens;
    private readonly int[] _features;
    private readonly TextRemoval _removal;
    private readonly int[] _replacement;

    private MaskedText(string text, string kind, TextSpan[] spans, int[] tokens, int[] features, TextRemoval removal, int[] replacement, string fingerprint)
    {
        (Text, Kind, Spans) = (text, kind, spans);
        (_tokens, _features, _removal, _replacement) = (tokens, features, removal, replacement);
        Fingerprint = fingerprint;
        int first = Array.FindIndex(features, feature => feature >= 0);
        PrefixLength = first < 0 ? tokens.Length : first;
    }

    /// <summary>The text in the tokenizer's form; spans are places in it.</summary>
    public string Text { get; }

    /// <summary>What a feature is.</summary>
    public string Kind { get; }

    /// <summary>Where each feature stands.</summary>
    public IReadOnlyList<TextSpan> Spans { get; }

    /// <summary>The whole text's tokens.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Tokens before the first that may be switched off: the same for every mask.</summary>
    public int PrefixLength { get; }

    /// <summary>Whether the last token is never switched off.</summary>
    public bool EndIsKept => _features[^1] < 0;

    /// <summary>Same text, features and removal, same string.</summary>
    public string Fingerprint { get; }

    /// <summary>Tokenises a text.</summary>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="parts">The text, in the tokenizer's form, and its features.</param>
    /// <param name="removal">What becomes of tokens that are switched off.</param>
    /// <param name="neutral">The neutral word, where one takes a feature's place.</param>
    /// <exception cref="SpexInputException">There is nothing to switch off, or the model has no mask token and one is needed.</exception>
    public static MaskedText Make(TextTokenizer tokenizer, TextParts parts, TextRemoval removal, string neutral)
    {
        IReadOnlyList<TextPiece> pieces = tokenizer.Encode(parts.Text);
        (TextSpan[] spans, int[] owners) = parts.AreTokens ? OwnFeatures(parts, pieces) : Assign(parts, pieces);
        if (spans.Length == 0)
        {
            throw new SpexInputException($"The text has no {parts.Kind} that could be switched off: all of it is kept, or the tokenizer drops it. Keep less, or give another text.");
        }

        SpecialTokens special = tokenizer.Special;
        int[] tokens = [.. special.Before, .. pieces.Select(piece => piece.Id), .. special.After];
        int[] features = [.. special.Before.Select(_ => -1), .. owners, .. special.After.Select(_ => -1)];
        int[] replacement = removal switch
        {
            TextRemoval.Mask => [special.Mask ?? throw new SpexInputException("The model was trained without a mask token, so none can stand for what is removed; neutral, delete and attention are possible.")],
            TextRemoval.Neutral => [.. NeutralTokens(tokenizer, neutral)],
            _ => [],
        };
        string content = string.Join('\0', [parts.Text, string.Join(',', owners), removal.ToString(), string.Join(',', replacement)]);
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..16];
        return new MaskedText(parts.Text, parts.Kind, spans, tokens, features, removal, replacement, $"{tokenizer.Name.Replace('\n', ' ')}:text:{hash}:{removal}");
    }

    /// <summary>What the model reads for a mask, without the first tokens of the text.</summary>
    /// <param name="mask">Bit i = 1: feature i is present.</param>
    /// <param name="skip">Tokens that are left out at the beginning, at most <see cref="PrefixLength"/>.</param>
    public TextRow Row(ReadOnlySpan<ulong> mask, int skip = 0)
    {
        int[] tokens = new int[_tokens.Length - skip];
        bool[]? absent = _removal == TextRemoval.Attention ? new bool[tokens.Length] : null;
        int count = 0, replaced = -1;
        List<int>? longer = _removal == TextRemoval.Neutral && _replacement.Length > 1 ? [] : null;
        for (int i = skip; i < _tokens.Length; i++)
        {
            int feature = _features[i];
            bool present = feature < 0 || ((mask[feature >> 6] >> (feature & 63)) & 1) != 0;
            if (present || _removal == TextRemoval.Attention)
            {
                Put(_tokens[i]);
                if (!present)
                {
                    absent![count - 1] = true;
                }
            }
            else if (_removal == TextRemoval.Mask)
            {
                Put(_replacement[0]);
            }
            else if (_removal == TextRemoval.Neutral && feature != replaced)
            {
                replaced = feature;
                foreach (int token in _replacement)
                {
                    Put(token);
                }
            }
        }

        void Put(int token)
        {
            if (longer is not null)
            {
                longer.Add(token);
            }
            else
            {
                tokens[count] = token;
            }

            count++;
        }

        return new TextRow(longer is not null ? [.. longer] : count == tokens.Length ? tokens : tokens[..count], absent);
    }

    /// <summary>Whether every row has as many tokens as the text.</summary>
    public bool KeepsLength => _removal is TextRemoval.Mask or TextRemoval.Attention;

    /// <summary>Whether tokens that are switched off stay and are hidden from attention.</summary>
    public bool HidesFromAttention => _removal == TextRemoval.Attention;

    /// <summary>
    /// The tokens that <see cref="Row"/> puts together, each with what decides about it; where tokens are hidden from attention, the text's own with what decides whether they are seen.
    /// </summary>
    /// <param name="skip">Tokens that are left out at the beginning, at most <see cref="PrefixLength"/>.</param>
    /// <param name="skipBehind">Tokens that are left out at the end; they must be of no feature.</param>
    public IEnumerable<TextSlot> Slots(int skip = 0, int skipBehind = 0)
    {
        int before = -1;
        for (int i = skip; i < _tokens.Length - skipBehind; i++)
        {
            int feature = _features[i];
            if (feature >= 0 && (_removal == TextRemoval.Mask || feature != before))
            {
                // What takes the place of a feature's first token, or of each.
                before = feature;
                foreach (int token in _replacement)
                {
                    yield return new TextSlot(token, feature, false);
                }
            }

            yield return new TextSlot(_tokens[i], feature, true);
        }
    }

    /// <summary>The longest row there can be.</summary>
    public int LongestRow => _removal == TextRemoval.Neutral
        ? Enumerable.Range(0, _tokens.Length).GroupBy(i => _features[i]).Sum(group => group.Key < 0 ? group.Count() : Math.Max(group.Count(), _replacement.Length))
        : _tokens.Length;

    private static IReadOnlyList<int> NeutralTokens(TextTokenizer tokenizer, string neutral)
    {
        IReadOnlyList<int> tokens = string.IsNullOrWhiteSpace(neutral) ? [] : tokenizer.EncodeContinuation($" {neutral.Trim()}");
        return tokens.Count > 0 ? tokens : throw new SpexInputException("The neutral word is empty; give a word, or leave features out by deletion.");
    }

    /// <summary>Every token that begins in a stretch is a feature.</summary>
    private static (TextSpan[] Spans, int[] Owners) OwnFeatures(TextParts parts, IReadOnlyList<TextPiece> pieces)
    {
        List<TextSpan> spans = [];
        int[] owners = new int[pieces.Count];
        for (int i = 0; i < pieces.Count; i++)
        {
            bool isFree = IndexOf(parts.Extents, PlaceOf(parts.Text, pieces[i].Span)) >= 0;
            owners[i] = isFree ? spans.Count : -1;
            if (isFree)
            {
                int place = PlaceOf(parts.Text, pieces[i].Span);
                spans.Add(new TextSpan(place, Math.Max(1, pieces[i].Span.End - place)));
            }
        }

        return ([.. spans], owners);
    }

    /// <summary>Features without a token are left out: their characters do not reach the model.</summary>
    private static (TextSpan[] Spans, int[] Owners) Assign(TextParts parts, IReadOnlyList<TextPiece> pieces)
    {
        int[] owners = [.. pieces.Select(piece => IndexOf(parts.Extents, PlaceOf(parts.Text, piece.Span)))];
        int[] used = [.. owners.Where(owner => owner >= 0).Distinct().Order()];
        return ([.. used.Select(feature => parts.Features[feature])], [.. owners.Select(owner => owner < 0 ? -1 : Array.BinarySearch(used, owner))]);
    }

    /// <summary>Where a token stands: behind the spaces it may begin with.</summary>
    private static int PlaceOf(string text, TextSpan span)
    {
        int place = span.Start;
        while (place < span.End - 1 && char.IsWhiteSpace(text[place]))
        {
            place++;
        }

        return place;
    }

    private static int IndexOf(IReadOnlyList<TextSpan> spans, int place)
    {
        int low = 0, high = spans.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (place < spans[middle].Start)
            {
                high = middle - 1;
            }
            else if (place >= spans[middle].End)
            {
                low = middle + 1;
            }
            else
            {
                return middle;
            }
        }

        return -1;
    }
}
