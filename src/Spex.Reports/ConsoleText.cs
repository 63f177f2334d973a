using Spectre.Console;
using Spectre.Console.Rendering;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports;

/// <summary>The explained text for a terminal, its units coloured by their own effects; a sign is also a style: underlined raises the value, italic lowers it.</summary>
/// <remarks>Where a terminal shows no colours, signs beside the strong units say the same: +raises+, -lowers-.</remarks>
internal static class ConsoleText
{
    private const int MostColumns = 80, MostLines = 24;

    // Shares of the strongest own effect from which a unit is coloured, and from which it stands on a coloured ground.
    private const double Coloured = 0.15, Strong = 0.5;

    /// <summary>Writes the text, where one was explained and anything acts alone.</summary>
    /// <returns>Whether anything was written.</returns>
    public static bool Write(IAnsiConsole console, Subject subject, InteractionValues interactions)
    {
        if (subject.Text is not { } text || subject.Spans is not { } spans)
        {
            return false;
        }

        double[] own = [.. Enumerable.Range(0, spans.Count).Select(unit => interactions[FeatureSet.FromAscending([unit])])];
        double largest = own.Select(Math.Abs).DefaultIfEmpty().Max();
        if (largest == 0)
        {
            return false;
        }

        bool colours = console.Profile.Capabilities.ColorSystem != ColorSystem.NoColors;
        List<Word> words = Words(text, spans, own, largest);
        List<List<Word>> lines = Wrap(words, Math.Min(MostColumns, console.Profile.Width) - 2, colours);
        for (int line = 0; line < lines.Count; line++)
        {
            int end = line;
            while (lines.Count > MostLines && end < lines.Count && !lines[end].Exists(word => Math.Abs(word.Share) >= Strong))
            {
                end++;
            }

            if (end - line > 1)
            {
                console.MarkupLineInterpolated($"  [grey]… {end - line} lines without a strong {subject.FeatureKind} …[/]");
                line = end - 1;
                continue;
            }

            console.MarkupLine("  " + string.Concat(lines[line].Select((word, i) => (i > 0 && word.SpaceBefore ? " " : "") + Markup(word, colours))));
        }

        console.MarkupLine(colours
            ? $"  [grey]own effects:[/] {Markup(new Word("raises", 1, false), true)} [grey]and[/] {Markup(new Word("lowers", -1, false), true)} [grey]the value; the strongest have a ground[/]"
            : "  own effects: +raises+ and -lowers- the value; weak ones are not marked");
        return true;
    }

    private sealed record Word(string Text, double Share, bool SpaceBefore)
    {
        public string Shown(bool colours) => colours || Math.Abs(Share) < Coloured ? Text : Share < 0 ? $"-{Text}-" : $"+{Text}+";
    }

    private static string Markup(Word word, bool colours)
    {
        string text = Spectre.Console.Markup.Escape(word.Shown(colours));
        double magnitude = Math.Abs(word.Share);
        if (!colours || magnitude < Coloured)
        {
            return text;
        }

        string style = word.Share < 0 ? "italic" : "underline";
        string colour = EffectColours.ConsoleName(word.Share);
        return magnitude < Strong ? $"[{style} {colour}]{text}[/]" : $"[{style} {EffectColours.Light.Of(word.Share).Ink.Hex} on {colour}]{text}[/]";
    }

    private static List<Word> Words(string text, IReadOnlyList<(int Start, int Length)> spans, double[] own, double largest)
    {
        List<Word> words = [];
        bool space = false;
        int at = 0;
        void Add(string part, double share)
        {
            int start = 0;
            for (int i = 0; i <= part.Length; i++)
            {
                if (i == part.Length || char.IsWhiteSpace(part[i]))
                {
                    if (i > start)
                    {
                        words.Add(new Word(PlainText.CutMiddle(PlainText.OneLine(part[start..i]), 40), share, space));
                        space = false;
                    }

                    space |= i < part.Length;
                    start = i + 1;
                }
            }
        }

        foreach (int unit in Enumerable.Range(0, spans.Count).OrderBy(i => spans[i].Start))
        {
            (int start, int length) = spans[unit];
            if (start > at)
            {
                Add(text[at..start], 0);
            }

            Add(text.Substring(start, length), own[unit] / largest);
            at = Math.Max(at, start + length);
        }

        Add(text[at..], 0);
        return words;
    }

    private static List<List<Word>> Wrap(List<Word> words, int width, bool colours)
    {
        List<List<Word>> lines = [[]];
        int used = 0;
        foreach (Word word in words)
        {
            int cells = new Segment(word.Shown(colours)).CellCount(), gap = word.SpaceBefore && used > 0 ? 1 : 0;
            if (used > 0 && used + gap + cells > width && (gap > 0 || cells > 3))
            {
                lines.Add([]);
                (used, gap) = (0, 0);
            }

            lines[^1].Add(word);
            used += gap + cells;
        }

        return lines;
    }
}
