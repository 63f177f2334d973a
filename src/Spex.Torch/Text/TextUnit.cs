namespace Spex.Torch.Text;

/// <summary>What one feature of a text is.</summary>
public enum TextUnit
{
    /// <summary>Every token: a word, a clitic ("n't") or a punctuation mark.</summary>
    Token,

    /// <summary>What stands between spaces, as people count words: "doesn't" and "well-made" are one. Punctuation goes with the word before it.</summary>
    Word,
}
