using System.Globalization;
using Spectre.Console;
using Spex.Core.Interactions;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>An explanation for a terminal: what was explained, how well, and a table of the strongest interactions.</summary>
public static class ConsoleReport
{
    private const int BarWidth = 24;

    /// <summary>Writes the report.</summary>
    /// <param name="console">Where to; without colours where it shows none.</param>
    /// <param name="subject">What was explained.</param>
    /// <param name="explanation">The explanation.</param>
    /// <param name="top">Rows of the table at most.</param>
    public static void Write(IAnsiConsole console, Subject subject, Explanation explanation, int top)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        WriteHead(console, subject, explanation);
        WriteInteractions(console, subject, explanation.Interactions, top);
    }

    private static void WriteHead(IAnsiConsole console, Subject subject, Explanation explanation)
    {
        ExplanationRun run = explanation.Run;
        int n = explanation.Spectrum.FeatureCount;
        console.MarkupLineInterpolated($"[bold]{subject.Title}[/]");
        console.MarkupLineInterpolated($"{Count(n, subject.FeatureKind)}; the value is the {subject.Value}");
        console.WriteLine();

        Grid grid = new();
        grid.AddColumn(new GridColumn().PadLeft(0).PadRight(2).NoWrap());
        grid.AddColumn(new GridColumn().Padding(0, 0));
        void Row(string name, string text) => grid.AddRow(new Text(name), new Text(text));
        Row("output", Corner(explanation.Output, "all present"));
        Row("baseline", Corner(explanation.Baseline, "none present"));
        Row("faithfulness", explanation.Faithfulness.ToString());
        string method = run.Method == run.RequestedMethod ? run.Method : $"{run.Method} (asked for: {run.RequestedMethod})";
        Row("method", $"{method}, {Ablations(run, n)}, seed {run.Seed}");
        Row("device", $"{run.Device}, {run.DeviceDescription}");
        Row("time", $"{Seconds(run.Seconds)}: {string.Join(", ", run.Timings.Select(timing => $"{timing.Part} {Seconds(timing.Seconds)}"))}");
        console.Write(grid);
        foreach (string remark in explanation.Remarks)
        {
            console.MarkupLineInterpolated($"[yellow]Note:[/] {remark}");
        }

        console.WriteLine();
    }

    private static void WriteInteractions(IAnsiConsole console, Subject subject, InteractionValues interactions, int top)
    {
        IReadOnlyList<Interaction> rows = interactions.Strongest(top);
        int all = interactions.Interactions.Count - 1;
        string order = interactions.Index.IsOfSingleFeatures() ? "" : $" of order {interactions.Order}";
        if (rows.Count == 0)
        {
            console.MarkupLineInterpolated($"[bold]{interactions.Index.Name()}{order}[/]: no interactions");
            return;
        }

        console.MarkupLineInterpolated(
            $"[bold]{interactions.Index.Name()}{order}[/]: {(rows.Count < all ? $"the {rows.Count} strongest of {all:N0} interactions" : Count(all, "interaction"))}");
        FeatureLabels labels = new(subject.FeatureNames);
        double largest = Math.Abs(rows[0].Strength);
        string format = Format(largest);
        Table table = new Table().Border(TableBorder.None).HideHeaders();
        table.AddColumn(new TableColumn("interaction").PadLeft(2).PadRight(2));
        table.AddColumn(new TableColumn("strength").RightAligned().NoWrap().PadRight(2));
        table.AddColumn(new TableColumn("bar").NoWrap());
        foreach (Interaction row in rows)
        {
            Style style = new(row.Strength < 0 ? Color.Red : Color.Green);
            table.AddRow(
                new Text(labels.Of(row.Set)),
                new Text(row.Strength.ToString(format, CultureInfo.InvariantCulture)),
                new Text(Bar(Math.Abs(row.Strength) / largest), style));
        }

        console.Write(table);
    }

    private static string Corner(CornerValue corner, string which) =>
        string.Create(CultureInfo.InvariantCulture, $"{corner.Value:G6} ({which}{(corner.Measured ? "" : "; predicted")})");

    private static string Ablations(ExplanationRun run, int featureCount)
    {
        string of = featureCount < 31 ? string.Create(CultureInfo.InvariantCulture, $" of {1L << featureCount:N0}") : "";
        string text = string.Create(CultureInfo.InvariantCulture, $"{run.Ablations:N0}{of} ablations");
        text += run.Reused > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({run.Reused:N0} known before)") : "";
        return text + (run.ValidationAblations > 0 ? string.Create(CultureInfo.InvariantCulture, $" and {run.ValidationAblations:N0} to validate") : "");
    }

    private static string Count(int count, string noun) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.000} s");

    // Four digits of the largest strength; the others line up with it.
    private static string Format(double largest)
    {
        int decimals = Math.Clamp(3 - (int)Math.Floor(Math.Log10(largest)), 0, 12);
        string digits = decimals == 0 ? "0" : "0." + new string('0', decimals);
        return $"+{digits};-{digits};{digits}";
    }

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
