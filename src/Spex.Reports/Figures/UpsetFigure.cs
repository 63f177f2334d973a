using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>The strongest interactions as columns up and down from zero, over a matrix whose dots say which features belong to each (UpSet; Lex et al., 2014).</summary>
internal static class UpsetFigure
{
    private const double PlotHeight = 190, RowHeight = 22, MostPitch = 62, LeastPitch = 15;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        InteractionValues values = result.Explanation.Interactions;

        // Columns have a least width: what does not fit is summed up with the others.
        double labelMost = 0.3 * (settings.Width - (2 * FigureFrame.Margin));
        int fit = Math.Max(1, (int)((settings.Width - (2 * FigureFrame.Margin) - labelMost - 60) / LeastPitch) - 1);
        TopInteractions top = TopInteractions.Of(values, Math.Min(settings.Top, fit));
        FigureFrame frame = FigureFrame.Of(result, settings, $"{FigureFrame.NameOf(values)}: {FigureFrame.CountOf(top)}");
        if (top.Count == 0)
        {
            return frame.Nothing("There are no interactions.");
        }

        // Rows: the features of all columns, those that take part in the strongest first.
        int[] features = [.. top.Shown.SelectMany(row => row.Set.Select(feature => (Feature: feature, Magnitude: Math.Abs(row.Strength)))).GroupBy(part => part.Feature)
            .OrderByDescending(part => part.Sum(one => one.Magnitude)).ThenBy(part => part.Key).Select(part => part.Key)];
        SetLabels names = new(result.Subject);
        string[] labels = [.. features.Select(feature => names.Fit(feature, frame.Label.Size, labelMost))];
        double left = FigureFrame.Margin + Math.Max(48, labels.Max(label => FontMetrics.Width(label, frame.Label.Size))) + 14;
        int count = top.Shown.Count + (top.OtherCount > 0 ? 1 : 0);
        double pitch = Math.Min(MostPitch, (frame.Right - left) / count), bar = Math.Min(34, 0.62 * pitch);
        double start = frame.Y + 26, bottom = start + PlotHeight, matrix = bottom + 26;
        double[] strengths = [.. top.Shown.Select(row => row.Strength), .. top.OtherCount > 0 ? new[] { top.OtherSum } : []];
        StrengthFormat numbers = new(strengths.Max(Math.Abs));
        Axis axis = new(Math.Min(0, strengths.Min()), Math.Max(0, strengths.Max()), bottom, start);
        double end = left + (count * pitch);
        foreach (double tick in axis.Ticks)
        {
            frame.Drawing.Line(left, axis.At(tick), end, axis.At(tick), new Stroke(Math.Abs(tick) < 1e-12 ? frame.Colours.Muted : frame.Colours.Grid));
            frame.Drawing.Text(left - 8, axis.At(tick) + 4, axis.Name(tick), frame.Tick, Anchor.End);
        }

        for (int row = 0; row < features.Length; row++)
        {
            double y = matrix + (row * RowHeight);
            if (row % 2 == 0)
            {
                frame.Drawing.Rectangle(new Box(FigureFrame.Margin, y, end - FigureFrame.Margin, RowHeight), frame.Colours.Grid.Through(0.5), null, 3);
            }

            frame.Drawing.Text(left - 10, y + (RowHeight / 2) + 4.5, labels[row], frame.Label, Anchor.End);
        }

        for (int column = 0; column < count; column++)
        {
            FeatureSet? set = column < top.Shown.Count ? top.Shown[column].Set : null;
            double centre = left + ((column + 0.5) * pitch), strength = strengths[column];
            Colour colour = set is null ? frame.Colours.Other : frame.Colours.Of(strength);
            double tip = axis.At(strength), zero = axis.At(0);
            frame.Drawing.Rectangle(
                new Box(centre - (bar / 2), Math.Min(tip, zero), bar, Math.Max(1, Math.Abs(tip - zero))), colour, null, 1.5, $"{(set is { } whole ? names.Of(whole) : FigureFrame.OthersName(top.OtherCount))} {numbers.Of(strength)}");
            string number = numbers.Of(strength);
            Font small = frame.Tick with { Size = 10.5, Colour = frame.Colours.Ink };
            if (FontMetrics.Width(number, small.Size) <= pitch - 2)
            {
                frame.Drawing.Text(centre, strength < 0 ? tip + 13 : tip - 5, number, small, Anchor.Middle);
            }

            DrawMembers(frame, set, features, centre, matrix, colour);
        }

        frame.Y = matrix + (features.Length * RowHeight) + 6;
        if (top.OtherCount > 0)
        {
            frame.Drawing.TextUpwards(end - (pitch / 2) + 4, matrix + (features.Length * RowHeight) - 5, FontMetrics.Fit(FigureFrame.OthersName(top.OtherCount), 11, Math.Max(20, (features.Length * RowHeight) - 10)), frame.Tick);
        }

        return frame.Finish(top.OtherCount > 0 ? $"Grey, the last column: {FigureFrame.OthersName(top.OtherCount)} ({numbers.Of(top.OtherSum)})." : null);
    }

    private static void DrawMembers(FigureFrame frame, FeatureSet? set, int[] features, double x, double top, Colour colour)
    {
        if (set is not { } members)
        {
            return;
        }

        double Y(int row) => top + ((row + 0.5) * RowHeight);
        int[] rows = [.. Enumerable.Range(0, features.Length).Where(row => members.Contains(features[row]))];
        frame.Drawing.Line(x, Y(rows[0]), x, Y(rows[^1]), new Stroke(colour, 2.5));
        for (int row = 0; row < features.Length; row++)
        {
            bool belongs = members.Contains(features[row]);
            frame.Drawing.Circle(new Point(x, Y(row)), belongs ? 5.2 : 2.6, belongs ? colour : frame.Colours.Other.Through(0.45));
        }
    }
}
