using System.Globalization;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>The features that take part in most on a circle: own effects as nodes, pairs as lines, larger sets as areas.</summary>
internal static class NetworkFigure
{
    private const double LabelLine = 17, Gap = 26;

    // More lines than this hide each other.
    private const int MostSets = 40;

    public static Drawing Draw(Result result, FigureSettings settings)
    {
        InteractionValues values = result.Explanation.Interactions;
        PairStrengths pairs = new(values, settings.Top);
        int count = pairs.Features.Count;
        FigureFrame frame = FigureFrame.Of(
            result, settings, string.Create(CultureInfo.InvariantCulture, $"{FigureFrame.NameOf(values)}: {(pairs.OtherCount > 0 ? "the " : "")}{count} {(pairs.OtherCount > 0 ? $"strongest of {count + pairs.OtherCount:N0} " : "")}features and what acts between them"));
        if (count == 0)
        {
            return frame.Nothing("There are no interactions.");
        }

        Circle circle = Place(frame, pairs.Features, new SetLabels(result.Subject));
        IReadOnlyList<Interaction> inside = [.. pairs.Inside.Where(interaction => interaction.Set.Count > 1)];
        TopInteractions sets = TopInteractions.Of(inside, MostSets);
        foreach (Interaction set in sets.Shown.Reverse().OrderByDescending(set => set.Set.Count))
        {
            DrawSet(frame, circle, set, sets.Largest);
        }

        DrawNodes(frame, circle, pairs);
        frame.Y = circle.Bottom + 10;
        SignLegend.Draw(frame, "raises the value", "lowers the value");
        double outside = pairs.Outside.Sum(interaction => interaction.Strength);
        int outsideCount = pairs.Outside.Count();
        StrengthFormat numbers = new(Math.Max(sets.Largest, Math.Abs(outside)));
        return frame.Finish(
            "Nodes: own effects. Lines: pairs. Areas: sets of three and more.",
            sets.OtherCount > 0 ? $"Not drawn: {FigureFrame.OthersName(sets.OtherCount)} ({numbers.Of(sets.OtherSum)}), weaker than those drawn between these features." : null,
            outsideCount > 0 ? $"Not drawn: interactions with features that are not shown, {FigureFrame.OthersName(outsideCount)} ({numbers.Of(outside)})." : null);
    }

    /// <summary>Nodes on a circle, the first at its top; labels in a column at each side, with a line to their node where they had to move.</summary>
    private static Circle Place(FigureFrame frame, IReadOnlyList<int> features, SetLabels names)
    {
        int count = features.Count;
        double labelWidth = Math.Min(0.26 * frame.Inner, features.Max(feature => FontMetrics.Width(names.Fit(feature, frame.Label.Size, 0.26 * frame.Inner), frame.Label.Size)));
        double radius = Math.Clamp((frame.Inner / 2) - labelWidth - Gap - 18, 60, Math.Max(150, LabelLine * count / 4));
        double height = Math.Max(2 * radius, LabelLine * ((count + 1) / 2));
        Point centre = new(frame.Drawing.Width / 2, frame.Y + 30 + (height / 2));
        Point[] nodes = [.. Enumerable.Range(0, count).Select(i =>
        {
            // Half a step off the top, so that as many nodes have their label at the right as at the left.
            double angle = 2 * Math.PI * (i + 0.5) / count;
            return new Point(centre.X + (radius * Math.Sin(angle)), centre.Y - (radius * Math.Cos(angle)));
        })];
        double limit = centre.Y + (height / 2) + 6;
        foreach (bool right in (bool[])[true, false])
        {
            int[] side = [.. Enumerable.Range(0, count).Where(i => nodes[i].X >= centre.X - 1e-9 == right)];
            double[] places = LabelPlaces.Spread([.. side.Select(i => nodes[i].Y)], LabelLine, limit);
            double column = right ? centre.X + radius + Gap : centre.X - radius - Gap;
            for (int k = 0; k < side.Length; k++)
            {
                Point node = nodes[side[k]];
                double elbow = right ? column - 6 : column + 6;
                frame.Drawing.Polyline([node, new(elbow, places[k]), new(right ? column - 2 : column + 2, places[k])], new Stroke(frame.Colours.Grid, 1));
                frame.Drawing.Text(column, places[k] + 4, names.Fit(features[side[k]], frame.Label.Size, labelWidth), frame.Label, right ? Anchor.Start : Anchor.End);
            }
        }

        return new Circle(centre, radius, limit + 10, features, nodes, names);
    }

    private static void DrawSet(FigureFrame frame, Circle circle, Interaction set, double largest)
    {
        double share = Math.Abs(set.Strength) / largest;
        Colour colour = frame.Colours.Of(set.Strength);
        IReadOnlyList<double>? dashes = set.Strength < 0 ? [6, 4] : null;
        string tip = string.Create(CultureInfo.InvariantCulture, $"{circle.Names.Of(set.Set)} {set.Strength:+0.####;-0.####}");
        Point[] members = [.. Enumerable.Range(0, circle.Features.Count).Where(i => set.Set.Contains(circle.Features[i])).Select(i => circle.Nodes[i])];
        if (members.Length == 2)
        {
            // A bow towards the centre: shallow between neighbours, deeper the farther they are apart.
            double apart = Math.Sqrt(Math.Pow(members[0].X - members[1].X, 2) + Math.Pow(members[0].Y - members[1].Y, 2)) / (2 * circle.Radius), pull = 0.1 + (0.32 * apart);
            Point Inwards(Point node) => new(node.X + (pull * (circle.Centre.X - node.X)), node.Y + (pull * (circle.Centre.Y - node.Y)));
            frame.Drawing.Curve(members[0], Inwards(members[0]), Inwards(members[1]), members[1], new Stroke(colour.Through(0.35 + (0.6 * share)), 1 + (6 * share), dashes), tip);
        }
        else
        {
            frame.Drawing.Polygon(members, colour.Through(0.05 + (0.12 * share)), new Stroke(colour.Through(0.25 + (0.6 * share)), 0.8 + (2.2 * share), dashes), tip);
        }
    }

    private static void DrawNodes(FigureFrame frame, Circle circle, PairStrengths pairs)
    {
        double[] own = [.. circle.Features.Select(feature => pairs[feature, feature])];
        double largest = own.Max(Math.Abs);
        StrengthFormat numbers = new(largest);
        for (int i = 0; i < own.Length; i++)
        {
            double share = largest > 0 ? Math.Abs(own[i]) / largest : 0, size = 4 + (9 * Math.Sqrt(share));
            string tip = $"{circle.Names.Of(FeatureSet.FromAscending([circle.Features[i]]))} {numbers.Of(own[i])}";
            SignLegend.Node(frame, circle.Nodes[i], size, own[i], tip);
        }
    }

    private sealed record Circle(Point Centre, double Radius, double Bottom, IReadOnlyList<int> Features, Point[] Nodes, SetLabels Names);
}
