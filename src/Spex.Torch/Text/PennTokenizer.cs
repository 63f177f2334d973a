namespace Spex.Torch.Text;

/// <summary>
/// Splits English text as the Penn treebank does, in lower case, and remembers where each token stood: contractions come apart
/// ("don't" → do n't, "film's" → film 's), punctuation marks are tokens, hyphenated words are split at the hyphen.
/// </summary>
/// <remarks>
/// The form of a token depends on nothing but its own whitespace-delimited piece of text and the neighbouring quote characters, so text
/// that was tokenised before (SST-2's "do n't", "-lrb-") gives the same tokens as plain text. Emits no token for a hyphen inside a word.
/// </remarks>
public static class PennTokenizer
{
    // Penn's suffixes that come off a word, without their apostrophe; "n't" is handled on its own because the n belongs to it.
    private static readonly string[] Clitics = ["s", "re", "ve", "ll", "d", "m"];

    /// <summary>The tokens of a text, in order; their spans do not overlap.</summary>
    public static List<TextToken> Tokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TextToken> tokens = new(text.Length / 5);
        int position = 0;
        while (position < text.Length)
        {
            char c = text[position];
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                position++;
            }
            else if (char.IsLetterOrDigit(c))
            {
                position = ReadWord(text, position, tokens);
            }
            else if (IsApostrophe(c) && TryReadClitic(text, position, tokens, out int end))
            {
                position = end;
            }
            else
            {
                position = ReadMark(text, position, tokens);
            }
        }

        return tokens;
    }

    /// <summary>Reads a word at <paramref name="start"/> and the clitic it ends with, if any.</summary>
    private static int ReadWord(string text, int start, List<TextToken> tokens)
    {
        int end = start;
        while (end < text.Length && ContinuesWord(text, start, end))
        {
            end++;
        }

        int split = FindClitic(text, start, end);
        if (split > start)
        {
            Add(text, start, split, tokens);
        }

        if (split < end)
        {
            Add(text, split, end, tokens);
        }

        return end;
    }

    private static bool ContinuesWord(string text, int start, int position)
    {
        char c = text[position];
        if (char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.NonSpacingMark)
        {
            return true;
        }

        if (position == start || position + 1 >= text.Length)
        {
            return false;
        }

        // o'brien and don't go on over the apostrophe; 7.5 and 10,000 over their point; u.s. stays whole up to its last letter.
        char before = text[position - 1], after = text[position + 1];
        return (IsApostrophe(c) && char.IsLetterOrDigit(before) && char.IsLetter(after))
            || (c is '.' or ',' && char.IsDigit(before) && char.IsDigit(after))
            || (c == '.' && char.IsLetter(before) && char.IsLetter(after) && (position - start == 1 || text[position - 2] == '.'));
    }

    /// <summary>Where the clitic of the word [start, end) begins; end when it has none.</summary>
    private static int FindClitic(string text, int start, int end)
    {
        if (end - start >= 3 && char.ToLowerInvariant(text[end - 1]) == 't' && IsApostrophe(text[end - 2]) && char.ToLowerInvariant(text[end - 3]) == 'n')
        {
            return end - 3;
        }

        foreach (string clitic in Clitics)
        {
            int split = end - clitic.Length - 1;
            if (split > start && IsApostrophe(text[split]) && text.AsSpan(split + 1, clitic.Length).Equals(clitic, StringComparison.OrdinalIgnoreCase))
            {
                return split;
            }
        }

        return end;
    }

    /// <summary>A clitic that stands alone, as in text that was tokenised before: "'s", "'ll".</summary>
    private static bool TryReadClitic(string text, int start, List<TextToken> tokens, out int end)
    {
        end = start + 1;
        while (end < text.Length && char.IsLetter(text[end]))
        {
            end++;
        }

        ReadOnlySpan<char> letters = text.AsSpan(start + 1, end - start - 1);
        foreach (string clitic in Clitics)
        {
            if (letters.Equals(clitic, StringComparison.OrdinalIgnoreCase))
            {
                Add(text, start, end, tokens);
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads a punctuation mark: a run of one and the same character is one token.</summary>
    private static int ReadMark(string text, int start, List<TextToken> tokens)
    {
        // SST writes its round brackets as -lrb- and -rrb-.
        ReadOnlySpan<char> rest = text.AsSpan(start);
        if (rest.StartsWith("-lrb-", StringComparison.OrdinalIgnoreCase) || rest.StartsWith("-rrb-", StringComparison.OrdinalIgnoreCase))
        {
            tokens.Add(new TextToken(char.ToLowerInvariant(rest[1]) == 'l' ? "(" : ")", new TextSpan(start, 5)));
            return start + 5;
        }

        char c = text[start];
        bool pair = char.IsHighSurrogate(c) && start + 1 < text.Length && char.IsLowSurrogate(text[start + 1]);
        int end = start + (pair ? 2 : 1);
        while (!pair && end < text.Length && text[end] == c)
        {
            end++;
        }

        bool hyphenInWord = end - start == 1 && IsHyphen(c) && start > 0 && end < text.Length && char.IsLetterOrDigit(text[start - 1]) && char.IsLetterOrDigit(text[end]);
        if (!hyphenInWord)
        {
            Add(text, start, end, tokens);
        }

        return end;
    }

    private static void Add(string text, int start, int end, List<TextToken> tokens) =>
        tokens.Add(new TextToken(Normalize(text.AsSpan(start, end - start)), new TextSpan(start, end - start)));

    /// <summary>One spelling for what is written in several ways: case, apostrophes, quotation marks, dashes, repeated marks.</summary>
    private static string Normalize(ReadOnlySpan<char> piece)
    {
        char first = piece[0];
        if (!char.IsLetterOrDigit(first) && !(IsApostrophe(first) && piece.Length > 1 && char.IsLetter(piece[1])))
        {
            return first switch
            {
                '"' or '“' or '”' or '«' or '»' => "\"",
                '`' or '\'' or '‘' or '’' => piece.Length == 2 ? "\"" : "'",
                '-' or '–' or '—' => "--",
                '.' => piece.Length == 1 ? "." : "...",
                '…' => "...",
                _ => char.IsHighSurrogate(first) ? new string(piece[..Math.Min(2, piece.Length)]) : first.ToString(),
            };
        }

        return string.Create(piece.Length, piece, static (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = IsApostrophe(source[i]) ? '\'' : char.ToLowerInvariant(source[i]);
            }
        });
    }

    private static bool IsApostrophe(char c) => c is '\'' or '’' or '‘' or '`';

    private static bool IsHyphen(char c) => c is '-' or '\u2010' or '\u2011';
}
