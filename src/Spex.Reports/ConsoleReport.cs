using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;
using Spex.Core.Interactions;
using Spex.Engine.Decoding;
using Spex.Engine.Explaining;
using Spex.Reports.Drawings;

namespace Spex.Reports;

/// <summary>An explanation for a terminal: what was explained, how well, and the strongest interactions.</summary>
public static class ConsoleReport
{
    private const int NameWidth = 14;
    private const int BarWidth = 24;

    // Names are cut shorter, step by step, until the rows fit the terminal.
    private static readonly int[] NameLengths = [40, 28, 20, 14, 9];

    /// <summary>Writes the report.</summary>
    /// <param name="console">Where to; without colours where it shows none.</param>
    /// <param name="subject">What was explained.</param>
    /// <param name="explanation">The explanation.</param>
    /// <param name="top">The most interactions to list.</param>
    public static void Write(IAnsiConsole console, Subject subject, Explanation explanation, int top)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        WriteHead(console, subject, explanation);
        if (ConsoleText.Write(console, subject, explanation.Interactions))
        {
            console.WriteLine();
        }

        WriteInteractions(console, subject, explanation, top);
        GroupPairs.Write(console, subject, explanation.Interactions, top, new FeatureLabels(subject.FeatureNames, NameLengths[0]));
        ConsolePairs.Write(console, subject, explanation.Interactions);
        if (subject.Heads is { } heads)
        {
            GroupEnergyReport.Write(console, heads, explanation.Spectrum);
        }
    }

    private static void WriteHead(IAnsiConsole console, Subject subject, Explanation explanation)
    {
        ExplanationRun run = explanation.Run;
        int n = explanation.Spectrum.FeatureCount;
        void Line(string name, string text, string colour = "grey") => console.MarkupLine($"[{colour}]{name.PadRight(NameWidth)}[/]{Markup.Escape(Hanging(text, console.Profile.Width))}");
        console.MarkupLineInterpolated($"[bold]{PlainText.OneLine(subject.Title)}[/]");
        console.WriteLine($"{Count(n, subject.FeatureKind)}; the value is {PlainText.OneLine(subject.Value)}");
        console.WriteLine();
        Line("output", Corner(explanation.Output, "all present"));
        Line("baseline", Corner(explanation.Baseline, "none present"));
        Line("faithfulness", explanation.Faithfulness.ToString());
        string method = run.Method == run.RequestedMethod ? run.Method : $"{run.Method} (chosen by {run.RequestedMethod})";
        Line("method", $"{method}, {Ablations(run, n)}, seed {run.Seed}");
        if (run.Trials.Count > 0)
        {
            Line("compared", Trials(run.Trials));
        }

        Line("device", $"{run.Device}, {run.DeviceDescription}");
        Line("time", $"{Seconds(run.Seconds)}: {string.Join(", ", run.Timings.Select(timing => $"{timing.Part} {Seconds(timing.Seconds)}"))}");
        foreach (string remark in explanation.Remarks)
        {
            Line("note", remark, "yellow");
        }

        console.WriteLine();
    }

    private static void WriteInteractions(IAnsiConsole console, Subject subject, Explanation explanation, int top)
    {
        InteractionValues interactions = explanation.Interactions;
        IReadOnlyList<Interaction> rows = interactions.Strongest(top);
        int all = interactions.Interactions.Count - 1;
        string name = interactions.Index.Name() + (interactions.Index.IsOfSingleFeatures() ? "" : $" of order {interactions.Order}");
        if (rows.Count == 0)
        {
            console.MarkupLineInterpolated($"[bold]{name}[/]: no interactions");
            return;
        }

        // Four digits of the largest strength; what rounds to zero beside it is not worth a line.
        double largest = Math.Abs(rows[0].Strength);
        StrengthFormat numbers = new(largest);
        int shown = rows.Count(row => Math.Abs(row.Strength) >= numbers.Least);
        string rest = shown < rows.Count ? string.Create(CultureInfo.InvariantCulture, $"; the others are below {2 * numbers.Least}") : "";
        console.MarkupLineInterpolated(
            $"[bold]{name}[/]: {(shown < all ? $"the {shown} strongest of {all.ToString("N0", CultureInfo.InvariantCulture)} interactions" : Count(all, "interaction"))}{rest}");

        string[] strengths = [.. rows.Take(shown).Select(row => numbers.Of(row.Strength))];
        if (explanation.Intervals is { } intervals)
        {
            strengths = [.. strengths.Zip(rows, (strength, row) => $"{strength} [{numbers.Of(intervals[row.Set].Lower)}, {numbers.Of(intervals[row.Set].Upper)}]")];
        }

        int strengthWidth = strengths.Max(strength => strength.Length);
        string[] labels = Labels(subject, rows.Take(shown), console.Profile.Width - strengthWidth - BarWidth - 6);
        int labelWidth = labels.Max(Width);
        for (int i = 0; i < shown; i++)
        {
            string colour = EffectColours.ConsoleName(rows[i].Strength);
            string gap = new(' ', labelWidth - Width(labels[i]));
            console.MarkupLine(
                $"  {Markup.Escape(labels[i])}{gap}  {Markup.Escape(strengths[i].PadLeft(strengthWidth))}  [{colour}]{Bar(Math.Abs(rows[i].Strength) / largest)}[/]");
        }
    }

    private static string[] Labels(Subject subject, IEnumerable<Interaction> rows, int width)
    {
        string[] labels = [];
        foreach (int length in NameLengths)
        {
            FeatureLabels names = new(subject.FeatureNames, length);
            labels = [.. rows.Select(row => names.Of(row.Set))];
            if (labels.Max(Width) <= width)
            {
                break;
            }
        }

        return labels;
    }

    /// <summary>A text that is longer than the line goes on below its beginning.</summary>
    private static string Hanging(string text, int columns)
    {
        StringBuilder lines = new();
        int used = NameWidth;
        foreach (string word in text.Split(' '))
        {
            int cells = Width(word);
            if (used > NameWidth && used + 1 + cells >= columns)
            {
                lines.Append('\n').Append(' ', NameWidth);
                used = NameWidth;
            }
            else if (lines.Length > 0)
            {
                lines.Append(' ');
                used++;
            }

            lines.Append(word);
            used += cells;
        }

        return lines.ToString();
    }

    private static int Width(string text) => new Segment(text).CellCount();

    private static string Corner(CornerValue corner, string which) =>
        string.Create(CultureInfo.InvariantCulture, $"{corner.Value:G6} ({which}{(corner.Measured ? "" : "; predicted")})");

    private static string Trials(IReadOnlyList<Trial> trials)
    {
        IEnumerable<string> ran = trials
            .Where(trial => trial.R2 is not null)
            .Select(trial => string.Create(CultureInfo.InvariantCulture, $"{trial.Name} R² {trial.R2:0.000}"));
        IEnumerable<string> skipped = trials
            .Where(trial => trial.Skipped is not null)
            .GroupBy(trial => trial.Skipped)
            .Select(reason => $"not {string.Join(", ", reason.Select(trial => trial.Name))}: {reason.Key}");
        return string.Join("; ", ran.Concat(skipped));
    }

    private static string Ablations(ExplanationRun run, int featureCount)
    {
        string of = featureCount < 31 ? string.Create(CultureInfo.InvariantCulture, $" of {1L << featureCount:N0}") : "";
        string text = string.Create(CultureInfo.InvariantCulture, $"{run.Ablations:N0}{of} ablations");
        text += run.ValidationAblations > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {run.ValidationAblations:N0} to validate") : "";
        return text + (run.Reused > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({run.Reused:N0} known before)") : "");
    }

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : noun.EndsWith("ch", StringComparison.Ordinal) ? "es" : "s")}");

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.000} s");

    // Eighths of a character cell, so that short bars differ.
    private static string Bar(double share)
    {
        int eighths = Math.Max(1, (int)Math.Round(share * BarWidth * 8));
        string end = (eighths % 8) switch
        {
            0 => "",
            int rest => ((char)('█' + 8 - rest)).ToString(),
        };
        return new string('█', eighths / 8) + end;
    }
}
