namespace Spex.Torch.Text;

/// <summary>Cuts plain text into words, sentences, paragraphs or lines.</summary>
public static class TextUnits
{
    // A full stop behind these ends no sentence.
    private static readonly HashSet<string> Abbreviations = new(StringComparer.OrdinalIgnoreCase)
    {
        "mr", "mrs", "ms", "dr", "prof", "sen", "rep", "gov", "gen", "col", "capt", "lt", "sgt", "rev", "hon", "st", "jr", "sr", "vs", "etc", "e.g", "i.e", "cf", "al", "no", "vol", "fig", "pp", "ca", "approx",
        "dept", "inc", "ltd", "co", "corp", "u.s", "u.k", "a.m", "p.m", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
    };

    /// <summary>The units of a stretch of text, in order, without the white space around them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="unit">What is wanted; tokens are a tokenizer's business.</param>
    /// <param name="stretch">The part of the text that is cut; null for all of it.</param>
    /// <returns>Spans that do not overlap; none where the stretch is blank. A "word" without a letter or digit is no word.</returns>
    public static IReadOnlyList<TextSpan> Split(string text, TextUnit unit, TextSpan? stretch = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        (int start, int end) = stretch is { } given ? (given.Start, given.End) : (0, text.Length);
        List<TextSpan> units = [];
        while (start < end)
        {
            int next = unit switch
            {
                TextUnit.Word => EndOfWord(text, start, end),
                TextUnit.Sentence => EndOfSentence(text, start, end),
                TextUnit.Paragraph => EndOfParagraph(text, start, end),
                TextUnit.Line => EndOfLine(text, start, end),
                _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Words, sentences, paragraphs and lines can be cut from plain text."),
            };
            int first = start, last = next;
            while (first < last && char.IsWhiteSpace(text[first]))
            {
                first++;
            }

            while (last > first && char.IsWhiteSpace(text[last - 1]))
            {
                last--;
            }

            if (unit == TextUnit.Word)
            {
                // What people are shown of a word is without the marks around it.
                (first, last) = Core(text, first, last);
            }

            if (last > first)
            {
                units.Add(new TextSpan(first, last - first));
            }

            start = next;
        }

        return units;
    }

    private static (int First, int Last) Core(string text, int first, int last)
    {
        while (first < last && !char.IsLetterOrDigit(text[first]) && !char.IsSurrogate(text[first]))
        {
            first++;
        }

        while (last > first && !char.IsLetterOrDigit(text[last - 1]) && !char.IsSurrogate(text[last - 1]) && !IsMark(text[last - 1]))
        {
            last--;
        }

        return (first, last);
    }

    private static int EndOfWord(string text, int start, int end)
    {
        int i = start;
        while (i < end && char.IsWhiteSpace(text[i]))
        {
            i++;
        }

        while (i < end && !char.IsWhiteSpace(text[i]))
        {
            i++;
        }

        return i;
    }

    private static int EndOfSentence(string text, int start, int end)
    {
        bool any = false;
        for (int i = start; i < end; i++)
        {
            char c = text[i];
            if (any && IsBlankLine(text, i, end))
            {
                return i;
            }

            any |= !char.IsWhiteSpace(c);
            if (c is '。' or '！' or '？')
            {
                return i + 1;
            }

            if (c is not ('.' or '!' or '?' or '…'))
            {
                continue;
            }

            int behind = i + 1;
            while (behind < end && text[behind] is '.' or '!' or '?' or '…')
            {
                behind++;
            }

            int marks = behind - i;
            while (behind < end && text[behind] is '"' or '\'' or ')' or ']' or '”' or '’' or '»')
            {
                behind++;
            }

            if (behind >= end)
            {
                return end;
            }

            int next = behind;
            while (next < end && char.IsWhiteSpace(text[next]))
            {
                next++;
            }

            bool goesOn = next == behind || next >= end || char.IsLower(text[next]) || (c == '.' && marks == 1 && IsAbbreviation(text, start, i));
            if (!goesOn || next >= end)
            {
                return behind;
            }

            i = behind - 1;
        }

        return end;
    }

    private static bool IsAbbreviation(string text, int start, int stop)
    {
        int first = stop;
        while (first > start && (char.IsLetter(text[first - 1]) || text[first - 1] == '.'))
        {
            first--;
        }

        ReadOnlySpan<char> word = text.AsSpan(first, stop - first);
        return (word.Length == 1 && char.IsUpper(word[0]) && word[0] != 'I') || Abbreviations.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);
    }

    private static int EndOfParagraph(string text, int start, int end)
    {
        bool any = false;
        for (int i = start; i < end; i++)
        {
            if (any && IsBlankLine(text, i, end))
            {
                return i;
            }

            any |= !char.IsWhiteSpace(text[i]);
        }

        return end;
    }

    private static int EndOfLine(string text, int start, int end)
    {
        bool any = false;
        for (int i = start; i < end; i++)
        {
            if (any && text[i] is '\n' or '\r')
            {
                return i;
            }

            any |= !char.IsWhiteSpace(text[i]);
        }

        return end;
    }

    /// <summary>Whether a line ends here and nothing but white space is on the next one.</summary>
    private static bool IsBlankLine(string text, int place, int end)
    {
        if (text[place] is not '\n')
        {
            return false;
        }

        for (int i = place + 1; i < end && char.IsWhiteSpace(text[i]); i++)
        {
            if (text[i] == '\n')
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsMark(char c) => char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;
}
