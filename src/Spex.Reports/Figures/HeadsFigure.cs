using System.Globalization;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>Attention heads as a matrix of layers and heads, coloured by own effects, with arcs between the heads of the strongest pairs.</summary>
internal static class HeadsFigure
{
    private const double MostCell = 46, LeastNumbered = 14;

    // In cells: how far an arc bends, and what of it leaves the matrix (a Bézier curve comes three quarters of the way to its controls).
    private const double Bend = 0.95, ArcRoom = (0.75 * Bend) - 0.5;

    public static Drawing Draw(Result result, IReadOnlyList<HeadPosition> heads, FigureSettings settings)
    {
        InteractionValues values = result.Explanation.Interactions;
        IReadOnlyList<Interaction> pairs = [.. values.Strongest(int.MaxValue, minOrder: 2).Where(interaction => interaction.Set.Count == 2)];
        TopInteractions top = TopInteractions.Of(pairs, settings.Top);
        FigureFrame frame = FigureFrame.Of(result, settings, $"{FigureFrame.NameOf(values)}: own effects of {heads.Count.ToString("N0", CultureInfo.InvariantCulture)} heads; arcs: {FigureFrame.CountOf(top, "pair")}");
        int[] layers = [.. heads.Select(head => head.Layer).Distinct().Order()];
        int[] columns = [.. heads.Select(head => head.Head).Distinct().Order()];
        double left = FigureFrame.Margin + 64, cell = Math.Min(MostCell, (frame.Right - left) / columns.Length), start = frame.Y + 30 + (ArcRoom * cell);
        double[] own = [.. Enumerable.Range(0, heads.Count).Select(feature => values[FeatureSet.FromAscending([feature])])];
        StrengthFormat numbers = new(own.Max(Math.Abs));
        Point Centre(int feature) => new(left + ((Array.BinarySearch(columns, heads[feature].Head) + 0.5) * cell), start + ((Array.BinarySearch(layers, heads[feature].Layer) + 0.5) * cell));

        frame.Drawing.Text(left, start - 18 - (ArcRoom * cell), "head", frame.Tick);
        int every = (int)Math.Ceiling(LeastNumbered / cell);
        for (int column = 0; column < columns.Length; column += every)
        {
            frame.Drawing.Text(left + ((column + 0.5) * cell), start - 5 - (ArcRoom * cell), FontMetrics.Fit($"{columns[column]}", Math.Min(11, 0.75 * cell * every), cell * every), frame.Tick with { Size = Math.Min(11, 0.75 * cell * every) }, Anchor.Middle);
        }

        for (int row = 0; row < layers.Length; row += every)
        {
            frame.Drawing.Text(left - 8, start + ((row + 0.5) * cell) + 4, FontMetrics.Fit(row == 0 ? $"layer {layers[row]}" : $"{layers[row]}", 11, 56), frame.Tick, Anchor.End);
        }

        // Heads that were not explained are empty cells.
        foreach (int layer in Enumerable.Range(0, layers.Length))
        {
            frame.Drawing.Rectangle(new Box(left, start + (layer * cell), columns.Length * cell, cell), null, new Stroke(frame.Colours.Grid, 0.75));
        }

        for (int feature = 0; feature < heads.Count; feature++)
        {
            Point centre = Centre(feature);
            HeatmapFigure.Cell(
                frame, new Box(centre.X - (cell / 2), centre.Y - (cell / 2), cell, cell), own[feature], own.Max(Math.Abs), numbers, $"layer {heads[feature].Layer}, head {heads[feature].Head}", false, numbered: false);
        }

        foreach (Interaction pair in top.Shown.Reverse())
        {
            Arc(frame, Centre(pair.Set[0]), Centre(pair.Set[1]), pair, top.Largest, cell);
        }

        frame.Y = start + (layers.Length * cell) + 10 + (ArcRoom * cell);
        ColourScale.Draw(frame, left, own.Max(Math.Abs), numbers);
        frame.Y += 6;
        SignLegend.Draw(frame, "raises the value", "lowers the value");
        IReadOnlyList<Interaction> larger = [.. values.Interactions.Where(interaction => interaction.Set.Count > 2)];
        StrengthFormat sums = new(Math.Max(top.Largest, Math.Abs(top.OtherSum)));
        return frame.Finish(
            top.OtherCount > 0 ? $"Pairs without an arc: {FigureFrame.OthersName(top.OtherCount)} ({sums.Of(top.OtherSum)})." : null,
            larger.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"Not drawn: {larger.Count:N0} sets of three and more, which sum to {sums.Of(larger.Sum(interaction => interaction.Strength))}.") : null);
    }

    private static void Arc(FigureFrame frame, Point from, Point to, Interaction pair, double largest, double cell)
    {
        // Bent upwards, so that an arc within a row does not lie on the row.
        double dx = to.X - from.X, dy = to.Y - from.Y, length = Math.Max(1, Math.Sqrt((dx * dx) + (dy * dy))), bend = Math.Min(0.3 * length, Bend * cell) * (dx < 0 ? -1 : 1);
        double ox = dy / length * bend, oy = -dx / length * bend, share = Math.Abs(pair.Strength) / largest;
        Stroke halo = new(frame.Colours.Background.Through(0.75), 3.5 + (3 * share)), stroke = new(frame.Colours.Of(pair.Strength), 1.4 + (3 * share), pair.Strength < 0 ? [6, 4] : null);
        Point first = new(from.X + (0.25 * dx) + ox, from.Y + (0.25 * dy) + oy), second = new(from.X + (0.75 * dx) + ox, from.Y + (0.75 * dy) + oy);
        frame.Drawing.Curve(from, first, second, to, halo);
        frame.Drawing.Curve(from, first, second, to, stroke, string.Create(CultureInfo.InvariantCulture, $"{pair.Strength:+0.####;-0.####}"));
    }
}
