namespace Spex.Torch.Text;

/// <summary>A stretch of a text, in UTF-16 code units.</summary>
/// <param name="Start">Index of its first character.</param>
/// <param name="Length">Number of characters, 1 or more.</param>
public readonly record struct TextSpan(int Start, int Length)
{
    /// <summary>Index behind the last character.</summary>
    public int End => Start + Length;

    /// <summary>The characters of the stretch.</summary>
    public string In(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Substring(Start, Length);
    }
}
