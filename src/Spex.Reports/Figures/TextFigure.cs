using System.Globalization;
using Spex.Core;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>The text with each unit coloured by its own effect, arcs over pairs and brackets over larger sets, and a numbered list of these.</summary>
internal static class TextFigure
{
    private const double LaneHeight = 17, LineGap = 12, RowHeight = 23;

    // A text of one line is set as large as fits.
    private static readonly double[] Sizes = [26, 23, 20, 18, 16.5];

    private const double UsualSize = 15;

    // Longer texts lose the lines on which nothing is marked.
    private const int MostLines = 48;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        Subject subject = result.Subject;
        if (subject.Text is not { } text || subject.Spans is not { } spans)
        {
            throw new SpexInputException($"This result is of kind \"{subject.Kind}\" and holds no text; --kind text takes one of `explain text`. The kinds bar, network, upset, waterfall, heatmap and energy show any result.");
        }

        InteractionValues values = result.Explanation.Interactions;
        TopInteractions top = TopInteractions.Of(values, settings.Top, minOrder: 2);
        FigureFrame frame = FigureFrame.Of(result, settings, $"{FigureFrame.NameOf(values)}: own effects as colours; sets of two and more: {FigureFrame.CountOf(top, "set")}");
        TextLines lines = Sizes.Select(size => new TextLines(text, spans, size, frame.Inner - 8)).FirstOrDefault(lines => lines.Count <= 1) ?? new TextLines(text, spans, UsualSize, frame.Inner - 8);
        double[] own = [.. Enumerable.Range(0, spans.Count).Select(unit => values[FeatureSet.FromAscending([unit])])];
        double strongestOwn = own.Select(Math.Abs).DefaultIfEmpty().Max();
        List<TextMark>[] marks = TextMark.Of(lines, [.. top.Shown.Select(set => set.Set)]);
        HashSet<int> keep = [.. Enumerable.Range(0, lines.Count).Where(line => marks[line].Count > 0)];
        keep.UnionWith(lines.Pieces.Where(piece => piece.Unit is { } unit && strongestOwn > 0 && Math.Abs(own[unit]) > 0.25 * strongestOwn).Select(piece => piece.Line));
        frame.Y += 4;
        for (int line = 0; line < lines.Count; line++)
        {
            int skipped = line;
            while (lines.Count > MostLines && skipped < lines.Count && !keep.Contains(skipped))
            {
                skipped++;
            }

            if (skipped - line > 1)
            {
                Skip(frame, lines, line, skipped, own);
                line = skipped - 1;
                continue;
            }

            DrawLine(frame, lines, line, marks[line], top, own, strongestOwn);
        }

        frame.Y += 10;
        SignLegend.Draw(frame, "raises the value (word: line below)", "lowers the value (word: dashes below)");
        DrawList(frame, top, new SetLabels(subject));
        return frame.Finish(Strongest(own, strongestOwn, new SetLabels(subject)));
    }

    private static string? Strongest(double[] own, double strongestOwn, SetLabels names)
    {
        if (strongestOwn == 0)
        {
            return null;
        }

        int unit = Array.FindIndex(own, effect => Math.Abs(effect) == strongestOwn);
        return $"The deepest colour is {names.Of(FeatureSet.FromAscending([unit]))}: {new StrengthFormat(strongestOwn).Of(own[unit])}.";
    }

    private static void Skip(FigureFrame frame, TextLines lines, int first, int end, double[] own)
    {
        int[] units = [.. lines.Pieces.Where(piece => piece.Line >= first && piece.Line < end).Select(piece => piece.Unit).OfType<int>().Distinct()];
        double most = units.Select(unit => Math.Abs(own[unit])).DefaultIfEmpty().Max();
        frame.Y += 22;
        string words = string.Create(CultureInfo.InvariantCulture, $"… {units.Length:N0} units on {end - first:N0} lines, each with an own effect of at most {most:G3} …");
        frame.Drawing.Text(frame.Drawing.Width / 2, frame.Y, words, frame.Tick, Anchor.Middle);
        frame.Y += 6;
    }

    private static void DrawLine(FigureFrame frame, TextLines lines, int line, List<TextMark> marks, TopInteractions top, double[] own, double strongestOwn)
    {
        double Place(double x) => lines.IsRightToLeft ? frame.Right - 4 - x : FigureFrame.Margin + 4 + x;
        int lanes = marks.Count == 0 ? 0 : marks.Max(mark => mark.Lane) + 1;
        double words = frame.Y + LineGap + (lanes * LaneHeight), wordHeight = 1.4 * lines.Size;
        foreach (TextLines.Piece piece in lines.Pieces.Where(piece => piece.Line == line))
        {
            double left = Math.Min(Place(piece.X), Place(piece.X + piece.Width)), baseline = words + (0.72 * wordHeight);
            Colour ink = frame.Colours.Muted;
            if (piece.Unit is { } unit)
            {
                double share = strongestOwn > 0 ? own[unit] / strongestOwn : 0;
                Colour fill = frame.Colours.Background.Towards(frame.Colours.Of(share), 0.85 * Math.Pow(Math.Abs(share), 0.7));
                ink = Math.Abs(share) > 0.02 ? fill.Ink : frame.Colours.Ink;
                if (Math.Abs(share) > 0.02)
                {
                    frame.Drawing.Rectangle(new Box(left - 1.5, words, piece.Width + 3, wordHeight), fill, null, 3, string.Create(CultureInfo.InvariantCulture, $"{piece.Text} {own[unit]:+0.####;-0.####}"));
                }

                if (Math.Abs(share) > 0.08)
                {
                    frame.Drawing.Line(left, words + wordHeight + 2, left + piece.Width, words + wordHeight + 2, new Stroke(frame.Colours.Of(share), 1.8, share < 0 ? [3, 2.5] : null));
                }
            }

            frame.Drawing.Text(left, baseline, piece.Text, new Font(lines.Size, ink));
        }

        foreach (TextMark mark in marks)
        {
            DrawMark(frame, mark, [.. mark.Places.Select(Place)], words - 2, top.Shown[mark.Number], top.Largest);
        }

        frame.Y = words + wordHeight + 3;
    }

    /// <summary>An arc over a pair, a bracket over a larger set, and a stem where only one member is on the line; with the set's number.</summary>
    private static void DrawMark(FigureFrame frame, TextMark mark, double[] places, double foot, Interaction set, double largest)
    {
        double share = Math.Abs(set.Strength) / largest, roof = foot - ((mark.Lane + 0.62) * LaneHeight);
        Colour colour = frame.Colours.Of(set.Strength);
        Stroke stroke = new(colour, 1.1 + (1.6 * share), set.Strength < 0 ? [4, 3] : null);
        double low = places.Min(), high = places.Max();
        if (places.Length == 2 && set.Set.Count == 2)
        {
            // The middle of the curve is three quarters of the way to its controls.
            double control = foot + ((roof - foot) / 0.75), lean = Math.Min(14, 0.2 * (high - low));
            frame.Drawing.Curve(new(low, foot), new(low + lean, control), new(high - lean, control), new(high, foot), stroke);
        }
        else
        {
            foreach (double place in places)
            {
                frame.Drawing.Line(place, foot, place, roof, stroke);
            }

            if (high > low)
            {
                frame.Drawing.Line(low, roof, high, roof, stroke);
            }
        }

        Badge(frame, (low + high) / 2, roof, mark.Number, colour);
    }

    private static void Badge(FigureFrame frame, double x, double y, int number, Colour colour)
    {
        string text = (number + 1).ToString(CultureInfo.InvariantCulture);
        Font font = new(9.5, colour.Ink, Bold: true);
        double half = Math.Max(7, (FontMetrics.Width(text, font.Size, true) / 2) + 4);
        frame.Drawing.Rectangle(new Box(x - half, y - 7, 2 * half, 14), colour, new Stroke(frame.Colours.Background, 1.2), 7);
        frame.Drawing.Text(x, y + 3.4, text, font, Anchor.Middle);
    }

    private static void DrawList(FigureFrame frame, TopInteractions top, SetLabels names)
    {
        if (top.Count == 0)
        {
            return;
        }

        double largest = Math.Max(top.Largest, Math.Abs(top.OtherSum));
        StrengthFormat numbers = new(largest);
        Font font = frame.Label;
        double numberWidth = top.Shown.Select(row => row.Strength).Append(top.OtherSum).Max(strength => FontMetrics.Width(numbers.Of(strength), font.Size));
        double barWidth = Math.Min(130, 0.2 * frame.Inner), bar = frame.Right - barWidth, number = bar - 14, most = number - numberWidth - 12 - FigureFrame.Margin - 26;
        frame.Y += 8;
        for (int i = 0; i <= top.Shown.Count; i++)
        {
            if (i == top.Shown.Count && top.OtherCount == 0)
            {
                break;
            }

            bool isSum = i == top.Shown.Count;
            double strength = isSum ? top.OtherSum : top.Shown[i].Strength;
            Colour colour = isSum ? frame.Colours.Other : frame.Colours.Of(strength);
            double baseline = frame.Y + 16, middle = baseline - 4.3;
            if (!isSum)
            {
                Badge(frame, FigureFrame.Margin + 9, middle, i, colour);
            }

            string label = isSum ? FontMetrics.Fit(FigureFrame.OthersName(top.OtherCount), font.Size, most) : names.Fit(top.Shown[i].Set, font.Size, most);
            frame.Drawing.Text(FigureFrame.Margin + 26, baseline, label, isSum ? font with { Colour = frame.Colours.Muted } : font);
            frame.Drawing.Text(number, baseline, numbers.Of(strength), font, Anchor.End);
            frame.Drawing.Rectangle(new Box(bar, middle - 6, Math.Max(1, barWidth * Math.Abs(strength) / largest), 12), colour, null, 1.5);
            frame.Y += RowHeight;
        }

        frame.Y += 2;
    }
}
