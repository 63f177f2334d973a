namespace Spex.Core.Tables;

/// <summary>k rows of a table such that the sum of all rows' distances to the nearest of them is as small as exchanging one of them can make it: PAM.</summary>
/// <remarks>
/// Partitioning around medoids (Kaufman and Rousseeuw, "Finding groups in data", 1990, chapter 2): BUILD takes the rows one after the other that lower the sum most, SWAP exchanges a medoid for another row as long as
/// that lowers it, looking at all medoids of a candidate at once (FastPAM1, Schubert and Rousseeuw, SISAP 2019). The distance is Gower's (Biometrics 27, 1971): the mean over the columns of |x − y| / range, and of 0 or 1 for categories. Of more
/// than <see cref="MostRows"/> rows, so many at equal steps are looked at. No random numbers, and ties go to the first row: same table, same medoids.
/// </remarks>
public static class KMedoids
{
    /// <summary>The most rows among which medoids are looked for.</summary>
    public const int MostRows = 2000;

    // Exchanges that gain less than this share of the sum are rounding.
    private const double LeastGain = 1e-12;

    /// <summary>Finds the medoids of a table's background rows.</summary>
    /// <returns>The rows' indices into <see cref="Table.BackgroundRows"/>, ascending, and the share of all rows that is nearest to each.</returns>
    /// <exception cref="SpexInputException">k is not from 1 to the number of rows that are looked at.</exception>
    public static (int[] Medoids, double[] Shares) Find(Table table, int k)
    {
        ArgumentNullException.ThrowIfNull(table);
        ReadOnlyMemory<double[]> rows = table.BackgroundRows;
        int looked = Math.Min(rows.Length, MostRows);
        if (k < 1 || k > looked)
        {
            throw new SpexInputException($"{k} medoids cannot be taken from {looked} rows; give 1 to {looked}.");
        }

        int[] sample = [.. Enumerable.Range(0, looked).Select(i => (int)((long)i * rows.Length / looked))];
        GowerDistance distance = new(table);
        double[][] distances = [.. sample.Select(row => sample.Select(other => distance.Between(rows.Span[row], rows.Span[other])).ToArray())];
        int[] medoids = [.. Search(distances, k).Select(index => sample[index]).Order()];
        double[] shares = new double[k];
        for (int row = 0; row < rows.Length; row++)
        {
            double[] to = [.. medoids.Select(medoid => distance.Between(rows.Span[row], rows.Span[medoid]))];
            shares[Array.IndexOf(to, to.Min())] += 1.0 / rows.Length;
        }

        return (medoids, shares);
    }

    /// <summary>The medoids of points whose distances are given.</summary>
    internal static int[] Search(double[][] distances, int k)
    {
        int n = distances.Length;
        List<int> medoids = [];
        double[] nearest = new double[n];
        Array.Fill(nearest, double.PositiveInfinity);
        while (medoids.Count < k)
        {
            int best = -1;
            double least = double.PositiveInfinity;
            for (int candidate = 0; candidate < n; candidate++)
            {
                double sum = 0;
                for (int point = 0; point < n; point++)
                {
                    sum += Math.Min(nearest[point], distances[candidate][point]);
                }

                if (sum < least && !medoids.Contains(candidate))
                {
                    (least, best) = (sum, candidate);
                }
            }

            medoids.Add(best);
            for (int point = 0; point < n; point++)
            {
                nearest[point] = Math.Min(nearest[point], distances[best][point]);
            }
        }

        int[] chosen = [.. medoids];
        while (k < n && Swap(distances, chosen))
        {
        }

        return chosen;
    }

    /// <summary>Makes the exchange that lowers the sum most; false where none lowers it.</summary>
    private static bool Swap(double[][] distances, int[] medoids)
    {
        int n = distances.Length;
        int[] owner = new int[n];
        double[] first = new double[n], second = new double[n], removal = new double[medoids.Length];
        for (int point = 0; point < n; point++)
        {
            (first[point], second[point]) = (double.PositiveInfinity, double.PositiveInfinity);
            for (int m = 0; m < medoids.Length; m++)
            {
                double d = distances[medoids[m]][point];
                if (d < first[point])
                {
                    (second[point], first[point], owner[point]) = (first[point], d, m);
                }
                else if (d < second[point])
                {
                    second[point] = d;
                }
            }

            removal[owner[point]] += second[point] - first[point];
        }

        (double Gain, int Medoid, int Candidate) best = (-LeastGain * Math.Max(1, first.Sum()), -1, -1);
        double[] change = new double[medoids.Length];
        for (int candidate = 0; candidate < n; candidate++)
        {
            if (Array.IndexOf(medoids, candidate) >= 0)
            {
                continue;
            }

            removal.CopyTo(change, 0);
            double shared = 0;
            for (int point = 0; point < n; point++)
            {
                double d = distances[candidate][point];
                if (d < first[point])
                {
                    shared += d - first[point];
                    change[owner[point]] += first[point] - second[point];
                }
                else if (d < second[point])
                {
                    change[owner[point]] += d - second[point];
                }
            }

            for (int m = 0; m < medoids.Length; m++)
            {
                if (change[m] + shared < best.Gain)
                {
                    best = (change[m] + shared, m, candidate);
                }
            }
        }

        if (best.Candidate < 0)
        {
            return false;
        }

        medoids[best.Medoid] = best.Candidate;
        return true;
    }
}
