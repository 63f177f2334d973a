using System.Reflection;

namespace Spex.Reports.Page;

/// <summary>The page's template, style and script, which are resources of this assembly.</summary>
internal static class PageParts
{
    private const string Prefix = "Page/";
    private const string Start = $"{Prefix}main.js";

    /// <summary>The template, with places such as {{data}}.</summary>
    public static string Template { get; } = Read($"{Prefix}page.html");

    /// <summary>The style sheet.</summary>
    public static string Style { get; } = Read($"{Prefix}page.css");

    /// <summary>All scripts as one module: files of declarations in the order of their names, then main.js, which alone starts something.</summary>
    public static string Script { get; } = string.Concat(
        Resources.Where(name => name.EndsWith(".js", StringComparison.Ordinal) && name != Start).Order(StringComparer.Ordinal).Append(Start).Select(Read));

    private static IEnumerable<string> Resources => Assembly.GetExecutingAssembly().GetManifestResourceNames();

    // A browser reads every line ending as \n, and the digests are of what it reads.
    private static string Read(string name)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no resource {name}."));
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
