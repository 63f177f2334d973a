using Spex.Core;

namespace Spex.Torch.Text;

/// <summary>The word forms a model knows, numbered. The first ids are reserved: see the constants.</summary>
public sealed class Vocabulary
{
    /// <summary>Nothing: positions before and behind the text.</summary>
    public const int Padding = 0;

    /// <summary>A word that the vocabulary lacks.</summary>
    public const int Unknown = 1;

    /// <summary>A word that was switched off.</summary>
    public const int Mask = 2;

    /// <summary>Number of reserved ids; the first word has this id.</summary>
    public const int Reserved = 3;

    private readonly Dictionary<string, int> _ids;

    /// <summary>Makes a vocabulary of distinct words; word k gets id <see cref="Reserved"/> + k.</summary>
    /// <exception cref="SpexInputException">A word is empty or occurs twice.</exception>
    public Vocabulary(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        Words = words;
        _ids = new Dictionary<string, int>(words.Count, StringComparer.Ordinal);
        for (int i = 0; i < words.Count; i++)
        {
            if (string.IsNullOrEmpty(words[i]) || !_ids.TryAdd(words[i], Reserved + i))
            {
                throw new SpexInputException($"Word {i} of the vocabulary, '{words[i]}', is empty or occurs twice; every word must be there once.");
            }
        }
    }

    /// <summary>The words, in the order of their ids.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Number of ids, the reserved ones included.</summary>
    public int Count => Reserved + Words.Count;

    /// <summary>The id of a word form; <see cref="Unknown"/> when the vocabulary lacks it.</summary>
    public int this[string form] => _ids.GetValueOrDefault(form, Unknown);

    /// <summary>The ids of tokens, in order.</summary>
    public int[] Encode(IReadOnlyList<TextToken> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int[] ids = new int[tokens.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = this[tokens[i].Form];
        }

        return ids;
    }
}
