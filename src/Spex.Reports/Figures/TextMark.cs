using Spex.Core.Spectra;

namespace Spex.Reports.Figures;

/// <summary>What stands over a line of text for one set: its members' places on that line, and how high it is drawn so that marks do not cross.</summary>
/// <param name="Number">The set's number.</param>
/// <param name="Places">The middles of its members on this line, ascending; one where the others are on other lines.</param>
/// <param name="Lane">The lane, 0 the lowest.</param>
internal sealed record TextMark(int Number, IReadOnlyList<double> Places, int Lane)
{
    // A number's badge, and a little air.
    private const double BadgeWidth = 22;

    /// <summary>The marks over each line.</summary>
    public static List<TextMark>[] Of(TextLines lines, IReadOnlyList<FeatureSet> sets)
    {
        // A unit of several lines is marked at its first piece.
        Dictionary<int, TextLines.Piece> first = [];
        foreach (TextLines.Piece piece in lines.Pieces)
        {
            if (piece.Unit is { } unit)
            {
                first.TryAdd(unit, piece);
            }
        }

        List<(int Number, TextLines.Piece[] Pieces)>[] wanted = [.. Enumerable.Range(0, lines.Count).Select(_ => new List<(int, TextLines.Piece[])>())];
        for (int number = 0; number < sets.Count; number++)
        {
            foreach (IGrouping<int, TextLines.Piece> line in sets[number].Where(first.ContainsKey).Select(unit => first[unit]).GroupBy(piece => piece.Line))
            {
                wanted[line.Key].Add((number, [.. line.OrderBy(piece => piece.X)]));
            }
        }

        return [.. wanted.Select(marks => Stack(SpreadFeet(marks)))];
    }

    // Marks that stand on the same piece stand side by side: those that reach to the left at its left.
    private static List<(int Number, double[] Places)> SpreadFeet(List<(int Number, TextLines.Piece[] Pieces)> marks)
    {
        List<(int Number, double[] Places)> spread = [.. marks.Select(mark => (mark.Number, mark.Pieces.Select(piece => piece.Centre).ToArray()))];
        foreach (TextLines.Piece piece in marks.SelectMany(mark => mark.Pieces).Distinct())
        {
            int[] standing = [.. Enumerable.Range(0, marks.Count).Where(i => marks[i].Pieces.Contains(piece)).OrderBy(i => marks[i].Pieces.Average(one => one.Centre)).ThenBy(i => marks[i].Number)];
            double step = Math.Min(7, (piece.Width - 6) / standing.Length);
            for (int k = 0; k < standing.Length && step > 0; k++)
            {
                int at = Array.IndexOf(marks[standing[k]].Pieces, piece);
                spread[standing[k]].Places[at] = piece.Centre + ((k - ((standing.Length - 1) / 2.0)) * step);
            }
        }

        return spread;
    }

    // Narrow marks low, wide ones above them; a mark takes the lowest lane in which it is free.
    private static List<TextMark> Stack(List<(int Number, double[] Places)> wanted)
    {
        List<List<(double Low, double High)>> lanes = [];
        List<TextMark> marks = [];
        foreach ((int number, double[] places) in wanted.OrderBy(mark => mark.Places[^1] - mark.Places[0]).ThenBy(mark => mark.Number))
        {
            double middle = (places[0] + places[^1]) / 2;
            double low = Math.Min(places[0] - 3, middle - (BadgeWidth / 2)), high = Math.Max(places[^1] + 3, middle + (BadgeWidth / 2));

            // Above everything that it spans, so that no line is crossed by what lies below it.
            int lane = lanes.Count;
            while (lane > 0 && !lanes[lane - 1].Exists(taken => taken.Low < high && low < taken.High))
            {
                lane--;
            }

            if (lane == lanes.Count)
            {
                lanes.Add([]);
            }

            lanes[lane].Add((low, high));
            marks.Add(new TextMark(number, places, lane));
        }

        return marks;
    }
}
