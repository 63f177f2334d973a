using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>The strongest interactions as bars from zero, with their intervals; the others as one bar.</summary>
internal static class BarFigure
{
    private const double RowHeight = 27, BarHeight = 17, Gap = 12;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        InteractionValues values = result.Explanation.Interactions;
        TopInteractions top = TopInteractions.Of(values, settings.Top);
        FigureFrame frame = FigureFrame.Of(result, settings, $"{FigureFrame.NameOf(values)}: {FigureFrame.CountOf(top)}");
        if (top.Count == 0)
        {
            return frame.Nothing("There are no interactions.");
        }

        IReadOnlyDictionary<FeatureSet, Interval>? intervals = result.Explanation.Intervals;
        double[] ends = [.. top.Shown.Select(row => row.Strength), top.OtherSum, .. intervals is null ? [] : top.Shown.SelectMany(row => new[] { intervals[row.Set].Lower, intervals[row.Set].Upper }), 0];
        StrengthFormat numbers = new(Math.Max(top.Largest, Math.Abs(top.OtherSum)));
        SetLabels names = new(result.Subject);
        List<(string Label, double Strength, FeatureSet? Set)> rows = [.. top.Shown.Select(row => ("", row.Strength, (FeatureSet?)row.Set))];
        if (top.OtherCount > 0)
        {
            rows.Add((FigureFrame.OthersName(top.OtherCount), top.OtherSum, null));
        }

        Font font = frame.Label;
        double most = Math.Max(110, 0.42 * frame.Inner);
        rows = [.. rows.Select(row => row with { Label = row.Set is { } set ? names.Fit(set, font.Size, most) : FontMetrics.Fit(row.Label, font.Size, most) })];
        double labelWidth = rows.Max(row => FontMetrics.Width(row.Label, font.Size)), numberWidth = rows.Max(row => FontMetrics.Width(numbers.Of(row.Strength), font.Size));
        double left = FigureFrame.Margin + labelWidth + Gap, right = frame.Right - numberWidth - Gap;
        Axis axis = new(ends.Min(), ends.Max(), left + 4, right - 4, (int)Math.Clamp((right - left) / 80, 2, 7));
        double start = frame.Y + 8, bottom = start + (rows.Count * RowHeight);
        axis.DrawBelow(frame, start, bottom);
        for (int i = 0; i < rows.Count; i++)
        {
            (string label, double strength, FeatureSet? set) = rows[i];
            double y = start + (i * RowHeight), middle = y + (RowHeight / 2), baseline = middle + (0.35 * font.Size);
            double zero = axis.At(0), end = axis.At(strength);
            frame.Drawing.Text(left - Gap, baseline, label, set is null ? font with { Colour = frame.Colours.Muted } : font, Anchor.End);
            Box bar = new(Math.Min(zero, end), middle - (BarHeight / 2), Math.Max(1, Math.Abs(end - zero)), BarHeight);
            frame.Drawing.Rectangle(bar, set is null ? frame.Colours.Other : frame.Colours.Of(strength), null, 1.5, $"{(set is { } whole ? names.Of(whole) : label)} {numbers.Of(strength)}");
            if (set is { } known && intervals is not null)
            {
                Whisker(frame, axis.At(intervals[known].Lower), axis.At(intervals[known].Upper), middle);
            }

            frame.Drawing.Text(frame.Right, baseline, numbers.Of(strength), font, Anchor.End);
        }

        frame.Y = bottom + 20;
        return frame.Finish(intervals is null ? null : "Lines over the bars: 95 % intervals.", top.OtherCount > 0 ? "Grey: the sum of all others." : null);
    }

    private static void Whisker(FigureFrame frame, double from, double to, double y)
    {
        Stroke stroke = new(frame.Colours.Ink, 1.2);
        frame.Drawing.Line(from, y, to, y, stroke);
        frame.Drawing.Line(from, y - 4, from, y + 4, stroke);
        frame.Drawing.Line(to, y - 4, to, y + 4, stroke);
    }
}
