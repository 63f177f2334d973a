namespace Spex.Reports.Figures;

/// <summary>Places of labels along a line, moved apart as little as keeps them from overlapping.</summary>
internal static class LabelPlaces
{
    /// <summary>Moves labels apart.</summary>
    /// <param name="wanted">Where each would stand.</param>
    /// <param name="distance">The least distance of two.</param>
    /// <param name="limit">The last place that may be taken.</param>
    /// <returns>Where each stands, in the order given; at least that far apart, whatever the limit.</returns>
    public static double[] Spread(IReadOnlyList<double> wanted, double distance, double limit)
    {
        int[] order = [.. Enumerable.Range(0, wanted.Count).OrderBy(i => wanted[i])];
        double[] places = new double[wanted.Count];
        double last = double.NegativeInfinity;
        foreach (int i in order)
        {
            places[i] = last = Math.Max(wanted[i], last + distance);
        }

        // What ran out at the end moves the others back.
        foreach (int i in order.Reverse())
        {
            places[i] = Math.Min(places[i], limit);
            limit = places[i] - distance;
        }

        return places;
    }
}
