namespace Spex.Torch.Text;

/// <summary>A text cut into features. Every token belongs to exactly one feature, so the empty mask removes the whole text.</summary>
public sealed class TextFeatures
{
    private TextFeatures(string text, TextUnit unit, IReadOnlyList<TextToken> tokens, IReadOnlyList<TextFeature> features)
    {
        Text = text;
        Unit = unit;
        Tokens = tokens;
        Features = features;
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>What a feature is.</summary>
    public TextUnit Unit { get; }

    /// <summary>The tokens, in order.</summary>
    public IReadOnlyList<TextToken> Tokens { get; }

    /// <summary>The features, in order; empty when the text has none.</summary>
    public IReadOnlyList<TextFeature> Features { get; }

    /// <summary>Tokenises a text and groups the tokens.</summary>
    public static TextFeatures Split(string text, TextUnit unit = TextUnit.Word)
    {
        List<TextToken> tokens = PennTokenizer.Tokenize(text);
        List<TextFeature> features = unit switch
        {
            TextUnit.Token => [.. tokens.Select((token, index) => new TextFeature(token.Span, index, 1))],
            TextUnit.Word => Words(text, tokens),
            TextUnit.Sentence or TextUnit.Paragraph or TextUnit.Line => tokens.Count == 0 ? [] : Grouped(TextParts.Split(text, unit), tokens),
            _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Not a unit."),
        };
        return new TextFeatures(text, unit, tokens, features);
    }

    /// <summary>The characters of a feature.</summary>
    public string NameOf(int feature) => Features[feature].Span.In(Text);

    /// <summary>The tokens of each part; marks between parts go with the one before them.</summary>
    private static List<TextFeature> Grouped(TextParts parts, List<TextToken> tokens)
    {
        List<TextFeature> features = [];
        int first = 0;
        for (int part = 0; part < parts.Features.Count; part++)
        {
            int end = first;
            while (end < tokens.Count && (part == parts.Features.Count - 1 || tokens[end].Span.Start < parts.Extents[part + 1].Start))
            {
                end++;
            }

            if (end > first)
            {
                features.Add(new TextFeature(parts.Features[part], first, end - first));
            }

            first = end;
        }

        return features;
    }

    private static List<TextFeature> Words(string text, List<TextToken> tokens)
    {
        List<TextFeature> features = [];
        int pending = 0;
        for (int first = 0; first < tokens.Count;)
        {
            // One stretch without spaces.
            int end = first + 1;
            while (end < tokens.Count && !HasSpace(text, tokens[end - 1].Span.End, tokens[end].Span.Start))
            {
                end++;
            }

            int word = tokens.FindIndex(first, end - first, IsWord);
            if (word >= 0)
            {
                int last = tokens.FindLastIndex(end - 1, end - first, IsWord);
                int start = tokens[word].Span.Start;
                features.Add(new TextFeature(new TextSpan(start, tokens[last].Span.End - start), pending, end - pending));
                pending = end;
            }
            else if (features.Count > 0)
            {
                features[^1] = features[^1] with { TokenCount = end - features[^1].FirstToken };
                pending = end;
            }

            // Marks before the first word wait for it.
            first = end;
        }

        return features;
    }

    private static bool IsWord(TextToken token)
    {
        foreach (char c in token.Form)
        {
            if (char.IsLetterOrDigit(c))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasSpace(string text, int start, int end)
    {
        foreach (char c in text.AsSpan(start, end - start))
        {
            if (char.IsWhiteSpace(c))
            {
                return true;
            }
        }

        return false;
    }
}
