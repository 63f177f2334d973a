namespace Spex.Torch.Images;

/// <summary>SLIC superpixels (Achanta, Shaji, Smith, Lucchi, Fua, Süsstrunk: "SLIC superpixels compared to state-of-the-art superpixel methods", IEEE TPAMI 34(11), 2012).</summary>
/// <remarks>
/// K-means of (L, a, b, x, y) with K centres that start on a grid of step S = √(pixels / K). A pixel is compared with the centres within S of it in x and y only, by the
/// distance D² = d_c² + (d_s / S)²·m² (equation 3), d_c in CIELAB and d_s in pixels, m = <see cref="Compactness"/>. Afterwards every region is made one connected piece: what is smaller than a
/// quarter of S² goes to a neighbour. No random numbers, ties go to the first centre, sums are float64 in the pixels' order: same image, same superpixels.
/// </remarks>
internal static class SlicSuperpixels
{
    /// <summary>The weight of nearness against likeness; the paper's value for CIELAB.</summary>
    private const double Compactness = 10;

    /// <summary>Rounds of k-means; the paper's.</summary>
    private const int Rounds = 10;

    // A quarter of the mean size is too small, as in the authors' program.
    private const int SmallestShare = 4;

    /// <summary>The superpixel of each pixel, numbered from 0 in the order in which they first appear, row after row.</summary>
    public static int[] Cut(RgbImage image, int wanted)
    {
        int width = image.Width, height = image.Height;
        (double L, double A, double B)[] colours = CielabColours.Of(image);
        double step = Math.Sqrt((double)width * height / wanted);
        List<Centre> centres = Seeds(colours, width, height, step);
        int[] labels = new int[colours.Length];
        double[] distances = new double[colours.Length];
        for (int round = 0; round < Rounds; round++)
        {
            Assign(colours, width, height, step, centres, labels, distances);
            Move(colours, width, centres, labels);
        }

        return Connect(labels, width, height, (int)(step * step / SmallestShare));
    }

    private readonly record struct Centre(double L, double A, double B, double X, double Y);

    /// <summary>Centres in the middles of a grid, each moved to the smallest gradient among its 3 × 3 pixels, so that none lies on an edge or on noise.</summary>
    private static List<Centre> Seeds((double L, double A, double B)[] colours, int width, int height, double step)
    {
        int columns = Math.Max(1, (int)Math.Round(width / step)), rows = Math.Max(1, (int)Math.Round(height / step));
        List<Centre> centres = new(columns * rows);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                int x = (int)((column + 0.5) * width / columns), y = (int)((row + 0.5) * height / rows);
                (int bestX, int bestY) = (x, y);
                double best = double.PositiveInfinity;
                for (int nearY = Math.Max(1, y - 1); nearY <= Math.Min(height - 2, y + 1); nearY++)
                {
                    for (int nearX = Math.Max(1, x - 1); nearX <= Math.Min(width - 2, x + 1); nearX++)
                    {
                        int at = (nearY * width) + nearX;
                        double gradient = Squared(colours[at - 1], colours[at + 1]) + Squared(colours[at - width], colours[at + width]);
                        if (gradient < best)
                        {
                            (best, bestX, bestY) = (gradient, nearX, nearY);
                        }
                    }
                }

                (double l, double a, double b) = colours[(bestY * width) + bestX];
                centres.Add(new Centre(l, a, b, bestX, bestY));
            }
        }

        return centres;
    }

    private static void Assign(
        (double L, double A, double B)[] colours, int width, int height, double step, List<Centre> centres, int[] labels, double[] distances)
    {
        Array.Fill(distances, double.PositiveInfinity);
        double nearness = Compactness * Compactness / (step * step);
        for (int index = 0; index < centres.Count; index++)
        {
            Centre centre = centres[index];
            int left = Math.Max(0, (int)Math.Ceiling(centre.X - step)), right = Math.Min(width - 1, (int)(centre.X + step));
            int top = Math.Max(0, (int)Math.Ceiling(centre.Y - step)), bottom = Math.Min(height - 1, (int)(centre.Y + step));
            for (int y = top; y <= bottom; y++)
            {
                for (int x = left; x <= right; x++)
                {
                    int at = (y * width) + x;
                    double dx = x - centre.X, dy = y - centre.Y;
                    double distance = Squared(colours[at], (centre.L, centre.A, centre.B)) + (((dx * dx) + (dy * dy)) * nearness);
                    if (distance < distances[at])
                    {
                        (distances[at], labels[at]) = (distance, index);
                    }
                }
            }
        }
    }

    private static void Move((double L, double A, double B)[] colours, int width, List<Centre> centres, int[] labels)
    {
        (Centre Sum, int Pixels)[] sums = new (Centre, int)[centres.Count];
        for (int at = 0; at < labels.Length; at++)
        {
            (double l, double a, double b) = colours[at];
            ref (Centre Sum, int Pixels) entry = ref sums[labels[at]];
            Centre sum = entry.Sum;
            entry = (new Centre(sum.L + l, sum.A + a, sum.B + b, sum.X + (at % width), sum.Y + (at / width)), entry.Pixels + 1);
        }

        for (int index = 0; index < sums.Length; index++)
        {
            (Centre sum, int pixels) = sums[index];
            if (pixels > 0)
            {
                centres[index] = new Centre(sum.L / pixels, sum.A / pixels, sum.B / pixels, sum.X / pixels, sum.Y / pixels);
            }
        }
    }

    /// <summary>Numbers the connected pieces of the labels; a piece that is too small goes to the piece at its first pixel's left or upper side.</summary>
    private static int[] Connect(int[] labels, int width, int height, int smallest)
    {
        int[] pieces = new int[labels.Length];
        Array.Fill(pieces, -1);
        int count = 0;
        List<int> piece = [];
        for (int start = 0; start < labels.Length; start++)
        {
            if (pieces[start] >= 0)
            {
                continue;
            }

            // Whatever lies before the first pixel of a piece has its piece already.
            int neighbour = start % width > 0 ? pieces[start - 1] : start >= width ? pieces[start - width] : -1;
            Flood(labels, pieces, width, height, start, count, piece);
            if (piece.Count >= smallest || neighbour < 0)
            {
                count++;
                continue;
            }

            foreach (int at in piece)
            {
                pieces[at] = neighbour;
            }
        }

        return GiveFirstAway(pieces, smallest) ? Renumber(pieces) : pieces;
    }

    /// <summary>Fills the piece of <paramref name="start"/> with a number and lists its pixels.</summary>
    private static void Flood(int[] labels, int[] pieces, int width, int height, int start, int number, List<int> piece)
    {
        piece.Clear();
        piece.Add(start);
        pieces[start] = number;
        for (int next = 0; next < piece.Count; next++)
        {
            int at = piece[next], x = at % width, y = at / width;
            void Enter(int to)
            {
                if (pieces[to] < 0 && labels[to] == labels[start])
                {
                    pieces[to] = number;
                    piece.Add(to);
                }
            }

            if (x > 0)
            {
                Enter(at - 1);
            }

            if (x < width - 1)
            {
                Enter(at + 1);
            }

            if (y > 0)
            {
                Enter(at - width);
            }

            if (y < height - 1)
            {
                Enter(at + width);
            }
        }
    }

    /// <summary>The piece of the first pixel has no piece before it to go to; where it is too small, it goes to the one that follows it in its first row.</summary>
    private static bool GiveFirstAway(int[] pieces, int smallest)
    {
        int size = pieces.Count(piece => piece == 0);
        int after = Array.FindIndex(pieces, piece => piece != 0);
        if (size >= smallest || after < 0)
        {
            return false;
        }

        // The first pixel of another piece in reading order touches the first piece: on its left, or above it at a row's start.
        int taker = pieces[after];
        for (int at = 0; at < pieces.Length; at++)
        {
            pieces[at] = pieces[at] == 0 ? taker : pieces[at];
        }

        return true;
    }

    private static int[] Renumber(int[] pieces)
    {
        Dictionary<int, int> numbers = [];
        for (int at = 0; at < pieces.Length; at++)
        {
            if (!numbers.TryGetValue(pieces[at], out int number))
            {
                number = numbers.Count;
                numbers.Add(pieces[at], number);
            }

            pieces[at] = number;
        }

        return pieces;
    }

    private static double Squared((double L, double A, double B) left, (double L, double A, double B) right)
    {
        double l = left.L - right.L, a = left.A - right.A, b = left.B - right.B;
        return (l * l) + (a * a) + (b * b);
    }
}
