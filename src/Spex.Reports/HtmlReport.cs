using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Spex.Core.Formats;
using Spex.Engine.Explaining;
using Spex.Reports.Page;

namespace Spex.Reports;

/// <summary>An explanation as one HTML page that needs nothing else: no network, no other file.</summary>
/// <remarks>
/// The page's policy forbids every connection and every script but its own, whose digest it names. Its parts are in the folder Page: a template, a style sheet, and one
/// script file a view; what they show is a block of JSON. A browser's JavaScript draws it.
/// </remarks>
public static partial class HtmlReport
{
    /// <summary>The most interactions that a page lists; of weaker ones it tells the number and the sum.</summary>
    public const int MostInteractions = 5_000;

    /// <summary>The most terms of the spectrum that a page predicts with; of weaker ones it tells the number and the standard deviation.</summary>
    public const int MostTerms = 100_000;

    /// <summary>Writes the page.</summary>
    /// <param name="path">The file, by habit with the ending .html.</param>
    /// <param name="subject">What was explained.</param>
    /// <param name="explanation">The explanation.</param>
    /// <exception cref="Core.SpexException">The file cannot be written.</exception>
    public static void Write(string path, Subject subject, Explanation explanation)
    {
        byte[] page = Encoding.UTF8.GetBytes(Render(subject, explanation));
        OutputFile.Write(path, stream => stream.Write(page));
    }

    /// <summary>The page's text.</summary>
    /// <param name="subject">What was explained.</param>
    /// <param name="explanation">The explanation.</param>
    public static string Render(Subject subject, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        string style = PageParts.Style, script = PageParts.Script;
        Dictionary<string, string> parts = new()
        {
            ["title"] = WebUtility.HtmlEncode(PageData.WellFormed(subject.Title)),
            ["style"] = style,
            ["style-digest"] = Digest(style),
            ["script"] = script,
            ["script-digest"] = Digest(script),
            ["data"] = PageData.Write(subject, explanation),
        };

        // In one pass: what stands in a name is never taken for a part's place.
        return Place().Replace(PageParts.Template, place => parts[place.Groups[1].Value]);
    }

    private static string Digest(string content) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}";

    [GeneratedRegex(@"\{\{([a-z-]+)\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
