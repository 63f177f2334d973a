using System.Globalization;
using Spex.Core.Interactions;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>From the baseline to the output, one arrow an interaction; the arrows' sum is the difference, exactly.</summary>
internal static class WaterfallFigure
{
    private const double RowHeight = 28, BarHeight = 18, Gap = 12, Head = 6;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        Contributions contributions = Contributions.Of(result.Explanation);
        TopInteractions top = TopInteractions.Of(contributions.Steps, settings.Top);
        string index = contributions.AreShapleyValues ? "Shapley values" : FigureFrame.NameOf(result.Explanation.Interactions);
        FigureFrame frame = FigureFrame.Of(result, settings, $"From the baseline to the output by {index}: {FigureFrame.CountOf(top)}");
        SetLabels names = new(result.Subject);
        StrengthFormat numbers = new(new[] { top.Largest, Math.Abs(top.OtherSum), Math.Abs(contributions.Constant), Math.Abs(contributions.Rest) }.Max());
        Font font = frame.Label;
        double most = Math.Max(110, 0.42 * frame.Inner);
        List<Row> rows = [];
        void AddSum(string name, double strength) => rows.Add(new Row(FontMetrics.Fit(name, font.Size, most), name, strength, true));

        // What is below the last digit is not worth a row.
        if (Math.Abs(contributions.Constant) >= numbers.Least)
        {
            AddSum("the fit's constant, beside it", contributions.Constant);
        }

        rows.AddRange(top.Shown.Select(step => new Row(names.Fit(step.Set, font.Size, most), names.Of(step.Set), step.Strength, false)));
        if (top.OtherCount > 0)
        {
            AddSum(FigureFrame.OthersName(top.OtherCount), top.OtherSum);
        }

        if (Math.Abs(contributions.Rest) >= numbers.Least)
        {
            AddSum("what these sets do not tell", contributions.Rest);
        }

        string startLabel = $"baseline {Value(contributions.Baseline)}", endLabel = $"output {Value(contributions.Output)}";
        double labelWidth = rows.Select(row => row.Label).Concat([startLabel, endLabel]).Max(label => FontMetrics.Width(label, font.Size, bold: true));
        double numberWidth = rows.Count == 0 ? 0 : rows.Max(row => FontMetrics.Width(numbers.Of(row.Strength), font.Size));
        double left = FigureFrame.Margin + labelWidth + Gap, right = frame.Right - numberWidth - Gap;
        List<double> levels = [contributions.Baseline];
        rows.ForEach(row => levels.Add(levels[^1] + row.Strength));
        Axis axis = new(levels.Append(contributions.Output).Min(), levels.Append(contributions.Output).Max(), left + 8, right - 8, (int)Math.Clamp((right - left) / 80, 2, 7));
        double start = frame.Y + 8, bottom = start + ((rows.Count + 2) * RowHeight);
        axis.DrawBelow(frame, start, bottom);
        DrawEnd(frame, startLabel, axis.At(contributions.Baseline), left, start);
        for (int i = 0; i < rows.Count; i++)
        {
            Row row = rows[i];
            double y = start + ((i + 1) * RowHeight), middle = y + (RowHeight / 2), baseline = middle + (0.35 * font.Size);
            double from = axis.At(levels[i]), to = axis.At(levels[i + 1]);
            frame.Drawing.Line(from, y - (RowHeight / 2), from, middle, new Stroke(frame.Colours.Muted, 1, [2, 2]));
            frame.Drawing.Text(left - Gap, baseline, row.Label, row.IsSum ? font with { Colour = frame.Colours.Muted } : font, Anchor.End);
            frame.Drawing.Polygon(Arrow(from, to, middle), row.IsSum ? frame.Colours.Other : frame.Colours.Of(row.Strength), null, $"{row.Name} {numbers.Of(row.Strength)}");
            frame.Drawing.Text(frame.Right, baseline, numbers.Of(row.Strength), font, Anchor.End);
        }

        double last = start + ((rows.Count + 1) * RowHeight), output = axis.At(contributions.Output);
        frame.Drawing.Line(output, last - (RowHeight / 2), output, last + (RowHeight / 2), new Stroke(frame.Colours.Muted, 1, [2, 2]));
        DrawEnd(frame, endLabel, output, left, last);
        frame.Y = bottom + 20;
        return frame.Finish(contributions.AreShapleyValues
            ? $"{result.Explanation.Interactions.Index.Name()} strengths do not add up to the output; these are the features' Shapley values under the spectrum, which do."
            : null);
    }

    /// <summary>A bar that ends in a point: what raises the value points to the right, what lowers it to the left.</summary>
    private static Point[] Arrow(double from, double to, double y)
    {
        double direction = to < from ? -1 : 1, half = BarHeight / 2, neck = to - (direction * Math.Min(Head, Math.Abs(to - from)));
        return [new(from, y - half), new(neck, y - half), new(to, y), new(neck, y + half), new(from, y + half)];
    }

    private static void DrawEnd(FigureFrame frame, string label, double x, double left, double y)
    {
        double middle = y + (RowHeight / 2);
        frame.Drawing.Text(left - Gap, middle + (0.35 * frame.Label.Size), label, frame.Label with { Bold = true }, Anchor.End);
        frame.Drawing.Circle(new Point(x, middle), 4.5, frame.Colours.Ink);
    }

    private static string Value(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    private sealed record Row(string Label, string Name, double Strength, bool IsSum);
}
