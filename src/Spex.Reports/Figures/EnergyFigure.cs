using System.Globalization;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>The share of the spectrum's energy that sets of each size hold, as columns; for attention heads split into sets within a layer and across layers.</summary>
internal static class EnergyFigure
{
    private const double PlotHeight = 220;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        FigureFrame frame = FigureFrame.Of(result, settings, "The share of the spectrum's energy (its variance on random masks) by the size of sets");
        IReadOnlyList<EnergyByOrder> orders = EnergyByOrder.Of(result.Explanation.Spectrum);
        if (orders.Count == 0)
        {
            return frame.Nothing("The spectrum is constant: there is no energy.");
        }

        // What lies beyond the columns that fit is one column.
        double left = FigureFrame.Margin + 42;
        int fit = Math.Max(2, (int)((frame.Right - left) / 46));
        List<(string Name, double Share, int Sets)> columns = [.. orders.Take(orders.Count > fit ? fit - 1 : fit).Select(order => ($"{order.Order}", order.Share, order.Sets))];
        if (columns.Count < orders.Count)
        {
            columns.Add(($"{orders[columns.Count].Order}+", orders.Skip(columns.Count).Sum(order => order.Share), orders.Skip(columns.Count).Sum(order => order.Sets)));
        }

        double start = frame.Y + 22, bottom = start + PlotHeight, pitch = Math.Min(110, (frame.Right - left) / columns.Count), bar = Math.Min(64, 0.66 * pitch);
        Axis axis = new(0, 1, bottom, start);
        foreach (double tick in axis.Ticks)
        {
            frame.Drawing.Line(left, axis.At(tick), frame.Right, axis.At(tick), new Stroke(tick == 0 ? frame.Colours.Muted : frame.Colours.Grid));
            frame.Drawing.Text(left - 8, axis.At(tick) + 4, Percent(Math.Abs(tick), "0"), frame.Tick, Anchor.End);
        }

        double sum = 0;
        List<Point> steps = [];
        for (int i = 0; i < columns.Count; i++)
        {
            (string name, double share, int sets) = columns[i];
            double centre = left + ((i + 0.5) * pitch);
            frame.Drawing.Rectangle(new Box(centre - (bar / 2), axis.At(share), bar, Math.Max(0.5, bottom - axis.At(share))), frame.Colours.Energy, null, 1.5, $"{name}: {Percent(share, "0.0")}");
            sum += share;
            steps.Add(new Point(centre, axis.At(sum)));
            frame.Drawing.Text(centre, bottom + 16, name, frame.Label, Anchor.Middle);
            frame.Drawing.Text(centre, bottom + 31, Percent(share, "0.0"), frame.Tick with { Colour = frame.Colours.Ink, Bold = true }, Anchor.Middle);
            frame.Drawing.Text(centre, bottom + 46, FontMetrics.Fit(string.Create(CultureInfo.InvariantCulture, $"{sets:N0} set{(sets == 1 ? "" : "s")}"), frame.Tick.Size, pitch - 4), frame.Tick, Anchor.Middle);
        }

        frame.Drawing.Polyline(steps, new Stroke(frame.Colours.Ink, 1.4, [5, 3]));
        steps.ForEach(step => frame.Drawing.Circle(step, 3.2, frame.Colours.Background, new Stroke(frame.Colours.Ink, 1.4)));
        frame.Y = bottom + 52;
        return frame.Finish("Columns: sets of that size. Dashed line: sets of up to that size.", result.Subject.Heads is { } heads ? OfHeads(result.Explanation.Spectrum, heads) : null);
    }

    /// <summary>The split that the ProxySPEX paper gives for attention heads: single heads, sets within a layer, sets across layers.</summary>
    private static string? OfHeads(Spectrum spectrum, IReadOnlyList<HeadPosition> heads)
    {
        int[] layers = [.. heads.Select(head => head.Layer).Distinct().Order()];
        IReadOnlyList<GroupEnergy> energies = GroupEnergy.Of(spectrum, [.. heads.Select(head => Array.BinarySearch(layers, head.Layer))], layers.Length);
        string Share(Func<GroupEnergy, double> part) => Percent(energies.Sum(part) / spectrum.Variance, "0.0");
        return spectrum.Variance <= 0 ? null : $"Single heads {Share(energy => energy.Linear)}, sets within a layer {Share(energy => energy.Within)}, sets across layers {Share(energy => energy.Across)}.";
    }

    private static string Percent(double share, string format) => (100 * share).ToString(format, CultureInfo.InvariantCulture) + " %";
}
