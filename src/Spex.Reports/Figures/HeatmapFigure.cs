using System.Globalization;
using Spex.Core.Interactions;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>A matrix of the features that take part in most: own effects on the diagonal, pairs beside it, and a column for the pairs with all other features.</summary>
internal static class HeatmapFigure
{
    private const double MostCell = 54, LeastCell = 9, NumberSize = 10.5;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        if (result.Subject.Heads is { Count: > 0 } heads)
        {
            return HeadsFigure.Draw(result, heads, settings);
        }

        InteractionValues values = result.Explanation.Interactions;
        double labelMost = 0.26 * (settings.Width - (2 * FigureFrame.Margin)), room = settings.Width - (2 * FigureFrame.Margin) - labelMost - 90;
        PairStrengths pairs = new(values, Math.Min(settings.Top, (int)(room / LeastCell) - 1));
        int count = pairs.Features.Count;
        FigureFrame frame = FigureFrame.Of(
            result, settings, string.Create(CultureInfo.InvariantCulture, $"{FigureFrame.NameOf(values)}: own effects (diagonal) and pairs of {(pairs.OtherCount > 0 ? "the " : "")}{count} {(pairs.OtherCount > 0 ? $"strongest of {count + pairs.OtherCount:N0} " : "")}features"));
        if (count == 0)
        {
            return frame.Nothing("There are no interactions.");
        }

        SetLabels names = new(result.Subject);
        Font font = frame.Label with { Size = 12 };
        string[] rows = [.. pairs.Features.Select(feature => names.Fit(feature, font.Size, labelMost))];
        string[] columns = [.. pairs.Features.Select(feature => names.Fit(feature, font.Size, 110))];
        bool hasOthers = pairs.OtherCount > 0;
        double left = FigureFrame.Margin + rows.Max(label => FontMetrics.Width(label, font.Size)) + 10;
        double cell = Math.Min(MostCell, (frame.Right - left - 24) / (count + (hasOthers ? 1.4 : 0)));
        if (cell < font.Size)
        {
            font = font with { Size = Math.Max(6, cell) };
        }

        double[] others = [.. pairs.Features.Select(pairs.WithOthers)];
        double largest = pairs.Features.Max(row => pairs.Features.Max(column => Math.Abs(pairs[row, column])));
        largest = Math.Max(largest, hasOthers ? others.Max(Math.Abs) : 0);
        StrengthFormat numbers = new(largest);
        bool numbered = pairs.Features.SelectMany(row => pairs.Features.Select(column => pairs[row, column])).Concat(hasOthers ? others : [])
            .Max(strength => FontMetrics.Width(numbers.Of(strength), NumberSize)) <= cell - 4;
        string othersName = string.Create(CultureInfo.InvariantCulture, $"{pairs.OtherCount:N0} others");
        double header = columns.Append(hasOthers ? othersName : "").Max(label => FontMetrics.Width(label, font.Size)), top = frame.Y + 14 + header + 8;
        for (int row = 0; row < count; row++)
        {
            double y = top + (row * cell), centre = left + ((row + 0.5) * cell);
            frame.Drawing.Text(left - 8, y + (cell / 2) + (0.35 * font.Size), rows[row], font, Anchor.End);
            frame.Drawing.TextUpwards(centre + (0.35 * font.Size), top - 8, columns[row], font);
            for (int column = 0; column < count; column++)
            {
                double strength = pairs[pairs.Features[row], pairs.Features[column]];
                string name = names.Of(row == column ? new(pairs.Features[row]) : new(pairs.Features[row], pairs.Features[column]));
                Cell(frame, new Box(left + (column * cell), y, cell, cell), strength, largest, numbers, name, row == column, numbered);
            }

            if (hasOthers)
            {
                Cell(frame, new Box(left + ((count + 0.4) * cell), y, cell, cell), others[row], largest, numbers, $"{rows[row]} with others", false, numbered);
            }
        }

        if (hasOthers)
        {
            frame.Drawing.TextUpwards(left + ((count + 0.9) * cell) + (0.35 * font.Size), top - 8, othersName, font with { Colour = frame.Colours.Muted });
        }

        frame.Y = top + (count * cell) + 12;
        ColourScale.Draw(frame, left, largest, numbers);
        IReadOnlyList<Interaction> larger = [.. values.Interactions.Where(interaction => interaction.Set.Count > 2)];
        return frame.Finish(
            hasOthers ? "The last column sums a feature's pairs with all features that are not shown." : null,
            larger.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"Not in the matrix: {larger.Count:N0} sets of three and more, which sum to {numbers.Of(larger.Sum(interaction => interaction.Strength))}.") : null);
    }

    /// <summary>A coloured square with its number, or, where not all numbers fit, a triangle that points up for what raises the value and down for what lowers it.</summary>
    internal static void Cell(FigureFrame frame, Box box, double strength, double largest, StrengthFormat numbers, string name, bool outlined, bool numbered)
    {
        double share = largest > 0 ? strength / largest : 0;
        Colour fill = frame.Colours.OnScale(share);
        Box inner = new(box.X + 0.75, box.Y + 0.75, box.Width - 1.5, box.Height - 1.5);
        frame.Drawing.Rectangle(inner, fill, new Stroke(outlined ? frame.Colours.Muted : frame.Colours.Grid, outlined ? 1.2 : 0.75), 2, $"{name} {numbers.Of(strength)}");
        if (Math.Abs(strength) < numbers.Least)
        {
            return;
        }

        double middle = box.X + (box.Width / 2), centre = box.Y + (box.Height / 2);
        Font font = new(NumberSize, fill.Ink);
        if (numbered)
        {
            frame.Drawing.Text(middle, centre + 4, numbers.Of(strength), font, Anchor.Middle);
            return;
        }

        double size = 0.22 * box.Width, up = strength < 0 ? -1 : 1;
        frame.Drawing.Polygon([new(middle - size, centre + (0.7 * size * up)), new(middle + size, centre + (0.7 * size * up)), new(middle, centre - (0.9 * size * up))], fill.Ink.Through(0.85));
    }
}
