using Spex.Core;

namespace Spex.Torch.Text;

/// <summary>Which parts of a text may be switched off: its features, and what is kept always.</summary>
/// <remarks>Features stand in the text's order and do not overlap; what belongs to none is kept.</remarks>
public sealed class TextParts
{
    private readonly TextSpan[] _extents;

    private TextParts(string text, string kind, IReadOnlyList<TextSpan> features, TextSpan[] extents, bool areTokens)
    {
        Text = text;
        Kind = kind;
        Features = features;
        _extents = extents;
        AreTokens = areTokens;
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>What a feature is, in the singular.</summary>
    public string Kind { get; }

    /// <summary>What people are shown of each feature. Where every token is a feature, the stretches in which they may stand.</summary>
    public IReadOnlyList<TextSpan> Features { get; }

    /// <summary>Whether every token within <see cref="Features"/> is a feature of its own.</summary>
    internal bool AreTokens { get; }

    /// <summary>Where the tokens of each feature may begin: the feature and what goes with it.</summary>
    internal IReadOnlyList<TextSpan> Extents => _extents;

    /// <summary>Cuts a text into units.</summary>
    /// <param name="text">The text.</param>
    /// <param name="unit">What a feature is.</param>
    /// <param name="keep">Parts of the text that are never switched off: every place where one stands is kept, and units end there.</param>
    /// <exception cref="SpexInputException">A part to keep does not stand in the text, or nothing is left to switch off.</exception>
    public static TextParts Split(string text, TextUnit unit, IReadOnlyList<string>? keep = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TextSpan> free = FreeStretches(text, keep ?? []);
        string kind = unit.ToString().ToLowerInvariant();
        if (unit == TextUnit.Token)
        {
            return new TextParts(text, kind, free, [.. free], areTokens: true);
        }

        List<TextSpan> features = [], extents = [];
        foreach (TextSpan stretch in free)
        {
            // Marks and spaces go with the unit before them; those before the first one go with it.
            IReadOnlyList<TextSpan> units = TextUnits.Split(text, unit, stretch);
            for (int i = 0; i < units.Count; i++)
            {
                int start = i == 0 ? stretch.Start : OpeningMark(text, units[i].Start, units[i - 1].End);
                int end = i == units.Count - 1 ? stretch.End : OpeningMark(text, units[i + 1].Start, units[i].End);
                features.Add(units[i]);
                extents.Add(new TextSpan(start, end - start));
            }
        }

        if (features.Count == 0)
        {
            throw new SpexInputException(
                keep is { Count: > 0 } && !string.IsNullOrWhiteSpace(text)
                    ? $"Everything is kept: no {kind} is left that could be switched off. Keep less of the text."
                    : $"The text has no {kind}s: there is nothing to switch off. Give a text with at least one {kind}.");
        }

        return new TextParts(text, kind, features, [.. extents], areTokens: false);
    }

    /// <summary>Takes features that were cut elsewhere; everything else is kept.</summary>
    /// <param name="text">The text.</param>
    /// <param name="features">Where they stand, in the text's order.</param>
    /// <param name="kind">What a feature is, in the singular.</param>
    /// <exception cref="SpexInputException">There is none, or one is empty, outside the text or overlaps the one before.</exception>
    public static TextParts Of(string text, IReadOnlyList<TextSpan> features, string kind = "part")
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(features);
        if (features.Count == 0)
        {
            throw new SpexInputException($"There is no {kind} that could be switched off; at least one is needed.");
        }

        int reached = 0;
        for (int i = 0; i < features.Count; i++)
        {
            TextSpan feature = features[i];
            if (feature.Length < 1 || feature.Start < reached || feature.Start > text.Length - feature.Length)
            {
                throw new SpexInputException(
                    $"Part {i}, characters {feature.Start} to {feature.End}, is empty, overlaps the one before, or leaves the text of {text.Length} characters. Parts stand in the text's order.");
            }

            reached = feature.End;
        }

        return new TextParts(text, kind, features, [.. features], areTokens: false);
    }

    /// <summary>The stretches between all places of the parts to keep.</summary>
    private static List<TextSpan> FreeStretches(string text, IReadOnlyList<string> keep)
    {
        bool[] kept = new bool[text.Length];
        foreach (string part in keep)
        {
            int place = part.Length == 0 ? -1 : text.IndexOf(part, StringComparison.Ordinal);
            if (place < 0)
            {
                throw new SpexInputException($"\"{part}\" is to be kept, and the text does not have it. Give a part of the text as it stands there, with its capitals and spaces.");
            }

            for (; place >= 0; place = text.IndexOf(part, place + part.Length, StringComparison.Ordinal))
            {
                Array.Fill(kept, true, place, part.Length);
            }
        }

        List<TextSpan> free = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && kept[end] == kept[start])
            {
                end++;
            }

            if (!kept[start])
            {
                free.Add(new TextSpan(start, end - start));
            }

            start = end;
        }

        return free;
    }

    /// <summary>Where the stretch without spaces begins in which a unit stands: an opening quote goes with its word.</summary>
    private static int OpeningMark(string text, int place, int least)
    {
        while (place > least && !char.IsWhiteSpace(text[place - 1]))
        {
            place--;
        }

        return place;
    }
}
