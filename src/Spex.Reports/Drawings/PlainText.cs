using System.Globalization;
using System.Text;

namespace Spex.Reports.Drawings;

/// <summary>Names and texts of strangers as they may be shown: on one line, harmless, and cut between letters.</summary>
internal static class PlainText
{
    /// <summary>What stands for a character that cannot be shown.</summary>
    private const char Replacement = '\uFFFD';

    /// <summary>
    /// The text on one line: white space is single spaces; control characters, which could steer a terminal, and halves of characters are replaced;
    /// marks that turn the direction of what follows them are left out.
    /// </summary>
    public static string OneLine(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && !text.Contains("  ", StringComparison.Ordinal) && text.AsSpan().Trim(' ').Length == text.Length)
        {
            return text;
        }

        StringBuilder line = new(text.Length);
        bool gap = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                gap = line.Length > 0;
                continue;
            }

            if (IsDirectionMark(rune.Value))
            {
                continue;
            }

            if (gap)
            {
                line.Append(' ');
                gap = false;
            }

            if (Rune.IsControl(rune) || rune.Value is 0xFFFE or 0xFFFF)
            {
                line.Append(Replacement);
            }
            else
            {
                line.Append(rune.ToString());
            }
        }

        return line.ToString();
    }

    /// <summary>The text cut to so many letters, with an ellipsis in its middle; letters of several characters (é, 👩‍🚀) stay whole.</summary>
    public static string CutMiddle(string text, int mostLetters)
    {
        if (text.Length <= mostLetters)
        {
            return text;
        }

        int[] starts = StringInfo.ParseCombiningCharacters(text);
        if (starts.Length <= mostLetters)
        {
            return text;
        }

        int head = (mostLetters - 1) / 2, tail = mostLetters - 1 - head;
        return $"{text[..starts[head]]}…{text[starts[^tail]..]}";
    }

    // Embeddings, overrides and isolates: one that is not closed would turn the rest of a line.
    private static bool IsDirectionMark(int rune) => rune is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0x200E or 0x200F or 0x061C;
}
