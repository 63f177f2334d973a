namespace Spex.Cli.Commands;

/// <summary>The line that a text is known by.</summary>
internal static class Headline
{
    private const int Longest = 100;

    /// <summary>The text on one line, cut behind a word where it is long.</summary>
    public static string Of(string text)
    {
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= Longest)
        {
            return line;
        }

        int end = line.LastIndexOf(' ', Longest);
        return $"{line[..(end > Longest / 2 ? end : Longest)]} …";
    }
}
