namespace Spex.Torch.Tokenizers;

/// <summary>Tokens that are no text: what stands for them in a text, and what the tokenizer puts around one.</summary>
public sealed record SpecialTokens
{
    /// <summary>What is found in a text before it is split, such as "[MASK]" or "&lt;|endoftext|&gt;", with its number.</summary>
    public IReadOnlyDictionary<string, int> Contents { get; init; } = new Dictionary<string, int>();

    /// <summary>Tokens in front of a text: [CLS], or the token that begins texts.</summary>
    public IReadOnlyList<int> Before { get; init; } = [];

    /// <summary>Tokens behind a text: [SEP].</summary>
    public IReadOnlyList<int> After { get; init; } = [];

    /// <summary>What stands in for a token that is switched off; null where the model was trained with none.</summary>
    public int? Mask { get; init; }

    /// <summary>What stands for what the vocabulary lacks; null for none.</summary>
    public int? Unknown { get; init; }

    /// <summary>What fills up shorter rows of a batch; null for none.</summary>
    public int? Padding { get; init; }
}
