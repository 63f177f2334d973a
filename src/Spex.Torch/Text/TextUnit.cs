namespace Spex.Torch.Text;

/// <summary>What one feature of a text is.</summary>
public enum TextUnit
{
    /// <summary>Every token: for the built-in model a word, a clitic ("n't") or a punctuation mark; for other models what their tokenizer gives.</summary>
    Token,

    /// <summary>What stands between spaces, as people count words: "doesn't" and "well-made" are one. Punctuation goes with the word before it.</summary>
    Word,

    /// <summary>Up to a full stop, question or exclamation mark, or a blank line; after an abbreviation such as "Mr." it goes on.</summary>
    Sentence,

    /// <summary>What stands between blank lines.</summary>
    Paragraph,

    /// <summary>What stands between line ends; blank lines go with the line before them.</summary>
    Line,
}
