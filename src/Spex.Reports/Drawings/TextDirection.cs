using System.Globalization;
using System.Text;

namespace Spex.Reports.Drawings;

/// <summary>In which order letters stand from left to right.</summary>
/// <remarks>
/// A part of the Unicode Bidirectional Algorithm (UAX 9) that suits labels: a line runs from left to right; within it, a run of letters of right-to-left scripts, with
/// the spaces and signs between them, runs from right to left. Numbers keep their order.
/// </remarks>
internal static class TextDirection
{
    /// <summary>Whether a text is mostly of scripts that run from right to left.</summary>
    public static bool IsRightToLeft(string text)
    {
        int right = 0, left = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            right += IsRightToLeft(rune) ? 1 : 0;
            left += Rune.IsLetter(rune) && !IsRightToLeft(rune) ? 1 : 0;
        }

        return right > left;
    }

    /// <summary>The letters of a line, each with its marks, from left to right.</summary>
    public static IReadOnlyList<string> Lay(string line)
    {
        List<string> letters = [];
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(line);
        while (elements.MoveNext())
        {
            letters.Add(elements.GetTextElement());
        }

        for (int start = 0; start < letters.Count; start++)
        {
            if (!IsRightToLeft(Rune.GetRuneAt(letters[start], 0)))
            {
                continue;
            }

            // The run ends behind its last letter of such a script: what follows belongs to the line.
            int end = start;
            for (int i = start + 1; i < letters.Count && (IsRightToLeft(Rune.GetRuneAt(letters[i], 0)) || !Rune.IsLetter(Rune.GetRuneAt(letters[i], 0))); i++)
            {
                end = IsRightToLeft(Rune.GetRuneAt(letters[i], 0)) ? i : end;
            }

            letters.Reverse(start, end - start + 1);
            KeepNumbers(letters, start, end);
            start = end;
        }

        return letters;
    }

    private static void KeepNumbers(List<string> letters, int start, int end)
    {
        for (int i = start; i <= end; i++)
        {
            int first = i;
            while (i <= end && Rune.IsDigit(Rune.GetRuneAt(letters[i], 0)))
            {
                i++;
            }

            letters.Reverse(first, i - first);
        }
    }

    private static bool IsRightToLeft(Rune rune) =>
        rune.Value is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFF) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF)
        && Rune.GetUnicodeCategory(rune) is not UnicodeCategory.DecimalDigitNumber;
}
