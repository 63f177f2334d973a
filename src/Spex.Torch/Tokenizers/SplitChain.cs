using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Spex.Torch.Tokenizers;

/// <summary>Splits text by one pattern after the other, each within what the one before it left: what a pattern matches is a piece, and what lies between is one as well.</summary>
internal sealed class SplitChain(IReadOnlyList<Regex> patterns) : PreTokenizer
{
    /// <summary>GPT-2's pattern: contractions, words with the space before them, numbers, marks, white space.</summary>
    public const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Qwen2's pattern: digits one by one, contractions in either case, line ends with the marks before them.</summary>
    public const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>A chain of patterns.</summary>
    public static SplitChain Of(params IEnumerable<string> patterns) =>
        new([.. patterns.Select(pattern => new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled))]);

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        List<(int Offset, int Length)> pieces = [(0, text.Length)];
        foreach (Regex pattern in patterns)
        {
            List<(int, int)> finer = [];
            foreach ((int offset, int length) in pieces)
            {
                // A piece is a text of its own: what follows it is not looked at.
                string piece = text.Substring(offset, length);
                int reached = 0;
                foreach (ValueMatch match in pattern.EnumerateMatches(piece))
                {
                    Add(offset + reached, match.Index - reached);
                    Add(offset + match.Index, match.Length);
                    reached = match.Index + match.Length;
                }

                Add(offset + reached, length - reached);
            }

            void Add(int offset, int length)
            {
                if (length > 0)
                {
                    finer.Add((offset, length));
                }
            }

            pieces = finer;
        }

        return pieces;
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());
}
