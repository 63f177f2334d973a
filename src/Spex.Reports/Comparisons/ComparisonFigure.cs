using System.Globalization;
using Spex.Reports.Drawings;
using Spex.Reports.Figures;

namespace Spex.Reports.Comparisons;

/// <summary>A comparison as a figure: the strongest sets with one mark a result, and the energy by size.</summary>
public static class ComparisonFigure
{
    private const double RowHeight = 26, Gap = 12, EnergyHeight = 130;

    /// <summary>Draws the comparison.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="settings">Width, how many sets, ground.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    public static Drawing Draw(Comparison comparison, FigureSettings settings)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        ComparedSet[] rows = [.. comparison.Sets.Take(settings.Top)];
        string head = string.Join(" and ", comparison.Results.Select(one => one.Name));
        FigureFrame frame = FigureFrame.Start(settings, head, $"Comparison of {head}");
        for (int i = 0; i < comparison.Results.Count; i++)
        {
            Legend(frame, comparison.Results[i], i);
        }

        frame.Y += 2;
        frame.Remark(comparison.FeatureRemark);
        if (comparison.ValueRemark is { } remark)
        {
            frame.Remark(remark);
        }

        frame.Remark(string.Create(CultureInfo.InvariantCulture, $"{FigureFrame.NameOf(comparison.Results[0].Values)}: the {rows.Length} strongest of {comparison.Sets.Count:N0} sets"));
        for (int second = 1; second < comparison.Results.Count; second++)
        {
            for (int first = 0; first < second; first++)
            {
                Agreement agreement = comparison.AgreementOf(first, second, settings.Top);
                frame.Remark(string.Create(
                    CultureInfo.InvariantCulture, $"{comparison.Results[first].Letter} and {comparison.Results[second].Letter}: {agreement.Shared} of the {agreement.Top} strongest shared; rank correlation {agreement.TopCorrelation?.ToString("0.00", CultureInfo.InvariantCulture) ?? "undefined"}"));
            }
        }

        frame.Y += 10;
        if (rows.Length > 0)
        {
            DrawSets(frame, comparison, rows);
        }

        DrawEnergy(frame, comparison);
        return frame.Finish(
            comparison.Sets.Count > rows.Length ? string.Create(CultureInfo.InvariantCulture, $"{comparison.Sets.Count - rows.Length:N0} other sets are not drawn; no strength of theirs is above {comparison.Sets[rows.Length].Largest:G3}.") : null,
            rows.Any(row => row.Strengths.Any(strength => strength is null)) ? "A mark is missing where a result lacks a feature of the set." : null);
    }

    private static void Legend(FigureFrame frame, ComparedResult one, int number)
    {
        frame.Y += 18;
        Mark(frame, new Point(FigureFrame.Margin + 7, frame.Y - 4), 5, number);
        string text = $"{one.Letter}: {one.Result.Explanation.Run.Method}; {one.Result.Explanation.Faithfulness}: {one.Result.Subject.Title}";
        frame.Drawing.Text(FigureFrame.Margin + 20, frame.Y, FontMetrics.Fit(text, 12, frame.Inner - 20), frame.Label with { Size = 12 });
    }

    private static void DrawSets(FigureFrame frame, Comparison comparison, ComparedSet[] rows)
    {
        SetLabels names = new(new Subject("", "", "", "", comparison.FeatureNames));
        Font font = frame.Label;
        string[] labels = [.. rows.Select(row => names.Fit(row.Set, font.Size, 0.42 * frame.Inner))];
        double left = FigureFrame.Margin + labels.Max(label => FontMetrics.Width(label, font.Size)) + Gap, start = frame.Y, bottom = start + (rows.Length * RowHeight);
        double[] all = [0, .. rows.SelectMany(row => row.Strengths).OfType<double>()];
        StrengthFormat numbers = new(rows[0].Largest);
        Axis axis = new(all.Min(), all.Max(), left + 10, frame.Right - 10, (int)Math.Clamp((frame.Right - left) / 80, 2, 8));
        axis.DrawBelow(frame, start, bottom);
        for (int i = 0; i < rows.Length; i++)
        {
            double y = start + ((i + 0.5) * RowHeight);
            double[] places = [.. rows[i].Strengths.OfType<double>().Select(axis.At)];
            frame.Drawing.Text(left - Gap, y + (0.35 * font.Size), labels[i], font, Anchor.End);
            frame.Drawing.Line(places.Min(), y, places.Max(), y, new Stroke(frame.Colours.Other, 2));
            for (int result = 0; result < comparison.Results.Count; result++)
            {
                if (rows[i].Strengths[result] is { } strength)
                {
                    // A little apart, so that equal strengths are seen as two marks.
                    double at = y + ((result - ((comparison.Results.Count - 1) / 2.0)) * Math.Min(4, 16.0 / comparison.Results.Count));
                    Mark(frame, new Point(axis.At(strength), at), 5, result, $"{comparison.Results[result].Letter}: {names.Of(rows[i].Set)} {numbers.Of(strength)}");
                }
            }
        }

        frame.Y = bottom + 24;
    }

    private static void DrawEnergy(FigureFrame frame, Comparison comparison)
    {
        IReadOnlyList<EnergyByOrder>[] energies = [.. comparison.Results.Select(one => EnergyByOrder.Of(one.Result.Explanation.Spectrum))];
        int orders = energies.Max(energy => energy.Count);
        if (orders == 0)
        {
            return;
        }

        frame.Remark("Share of the energy (variance on random masks) by the size of sets");
        double left = FigureFrame.Margin + 42, start = frame.Y + 14, bottom = start + EnergyHeight;
        int shown = Math.Min(orders, (int)((frame.Right - left) / (14.0 * energies.Length)));
        double pitch = Math.Min(130, (frame.Right - left) / shown), bar = Math.Min(22, 0.8 * pitch / energies.Length);
        Axis axis = new(0, 1, bottom, start, 4);
        foreach (double tick in axis.Ticks)
        {
            frame.Drawing.Line(left, axis.At(tick), left + (shown * pitch), axis.At(tick), new Stroke(tick == 0 ? frame.Colours.Muted : frame.Colours.Grid));
            frame.Drawing.Text(left - 8, axis.At(tick) + 4, (100 * Math.Abs(tick)).ToString("0", CultureInfo.InvariantCulture) + " %", frame.Tick, Anchor.End);
        }

        for (int order = 1; order <= shown; order++)
        {
            double centre = left + ((order - 0.5) * pitch);
            frame.Drawing.Text(centre, bottom + 16, order == shown && shown < orders ? $"{order}+" : $"{order}", frame.Label, Anchor.Middle);
            for (int result = 0; result < energies.Length; result++)
            {
                double share = order == shown ? energies[result].Skip(order - 1).Sum(one => one.Share) : energies[result].ElementAtOrDefault(order - 1).Share;
                double x = centre + ((result - (energies.Length / 2.0)) * bar);
                frame.Drawing.Rectangle(new Box(x + 0.5, axis.At(share), bar - 1, Math.Max(0.5, bottom - axis.At(share))), ColourOf(frame, result), null, 1, $"{comparison.Results[result].Letter}: {100 * share:0.0} %");
                if (pitch / energies.Length >= 14)
                {
                    frame.Drawing.Text(x + (bar / 2), bottom + 30, comparison.Results[result].Letter, frame.Tick with { Size = 10 }, Anchor.Middle);
                }
            }
        }

        frame.Y = bottom + 36;
    }

    // Colours of Okabe and Ito (2008), and a shape of its own for each result.
    private static Colour ColourOf(FigureFrame frame, int number)
    {
        Colour colour = Colour.Of(((string[])["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#8C6D31"])[number]);
        return number == 0 ? frame.Colours.Positive : colour;
    }

    private static void Mark(FigureFrame frame, Point at, double size, int number, string? tip = null)
    {
        Stroke rim = new(frame.Colours.Background, 1.2);
        Colour colour = ColourOf(frame, number);
        double x = at.X, y = at.Y, s = size;
        switch (number)
        {
            case 0:
                frame.Drawing.Circle(at, s, colour, rim, tip);
                break;
            case 1:
                frame.Drawing.Rectangle(new Box(x - (0.9 * s), y - (0.9 * s), 1.8 * s, 1.8 * s), colour, rim, 0, tip);
                break;
            case 2:
                frame.Drawing.Polygon([new(x, y - (1.2 * s)), new(x + (1.15 * s), y + (0.8 * s)), new(x - (1.15 * s), y + (0.8 * s))], colour, rim, tip);
                break;
            case 3:
                frame.Drawing.Polygon([new(x, y - (1.3 * s)), new(x + (1.3 * s), y), new(x, y + (1.3 * s)), new(x - (1.3 * s), y)], colour, rim, tip);
                break;
            case 4:
                frame.Drawing.Polygon([new(x, y + (1.2 * s)), new(x + (1.15 * s), y - (0.8 * s)), new(x - (1.15 * s), y - (0.8 * s))], colour, rim, tip);
                break;
            default:
                frame.Drawing.Circle(at, s, frame.Colours.Background, new Stroke(colour, 2.4), tip);
                break;
        }
    }
}
