using System.Globalization;
using System.Text;
using Spex.Torch.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>Splits text into the words whose pieces BERT's vocabulary knows (Devlin et al., 2019; "basic tokenization"): at white space and around every punctuation mark and ideograph.</summary>
/// <param name="LowerCase">Whether letters become small and lose their accents.</param>
/// <param name="StripAccents">Whether letters lose their accents.</param>
/// <param name="SplitIdeographs">Whether every Chinese ideograph is a word.</param>
internal sealed record BertWords(bool LowerCase, bool StripAccents, bool SplitIdeographs)
{
    /// <summary>The words of a stretch of text: each one's letters, and for each letter where it came from.</summary>
    public IEnumerable<(string Word, TextSpan[] Letters)> Split(string text, int start, int end)
    {
        StringBuilder word = new();
        List<TextSpan> letters = [];
        List<int> parts = [];
        for (int i = start; i < end;)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < end && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            int code = length == 2 ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i];
            TextSpan span = new(i, length);
            i += length;
            bool space = IsSpace(code);
            if (!space && IsDropped(code))
            {
                continue;
            }

            bool alone = !space && (IsPunctuation(code) || (SplitIdeographs && IsIdeograph(code)));
            if ((space || alone) && word.Length > 0)
            {
                yield return Take(word, letters);
            }

            if (space)
            {
                continue;
            }

            Append(code, span, word, letters, parts);
            if (alone && word.Length > 0)
            {
                yield return Take(word, letters);
            }
        }

        if (word.Length > 0)
        {
            yield return Take(word, letters);
        }
    }

    private void Append(int code, TextSpan span, StringBuilder word, List<TextSpan> letters, List<int> parts)
    {
        parts.Clear();
        if (StripAccents)
        {
            CanonicalForms.Decompose(code, parts);
        }
        else
        {
            parts.Add(code);
        }

        foreach (int part in parts)
        {
            if (StripAccents && CharUnicodeInfo.GetUnicodeCategory(part) == UnicodeCategory.NonSpacingMark)
            {
                continue;
            }

            string letter = part < 0x10000 ? ((char)part).ToString() : char.ConvertFromUtf32(part);
            letter = LowerCase ? letter.ToLowerInvariant() : letter;
            word.Append(letter);
            letters.AddRange(Enumerable.Repeat(span, letter.Length));
        }
    }

    private static (string, TextSpan[]) Take(StringBuilder word, List<TextSpan> letters)
    {
        (string, TextSpan[]) taken = (word.ToString(), letters.ToArray());
        word.Clear();
        letters.Clear();
        return taken;
    }

    private static bool IsSpace(int code) =>
        code is '\t' or '\n' or '\r' || CharUnicodeInfo.GetUnicodeCategory(code) is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsDropped(int code) => code is 0 or 0xFFFD || CharUnicodeInfo.GetUnicodeCategory(code)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    // ASCII's symbols count as punctuation, though Unicode calls $ + < = > ^ ` | ~ something else.
    private static bool IsPunctuation(int code) =>
        (code < 128 && code > ' ' && !char.IsAsciiLetterOrDigit((char)code) && code != 127) || CharUnicodeInfo.GetUnicodeCategory(code)
            is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation
            or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;

    private static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
