namespace Spex.Torch.Images;

/// <summary>CIELAB (CIE 1976, white point D65) of sRGB pixels (IEC 61966-2-1): distances in it are about as large as people see them.</summary>
internal static class CielabColours
{
    // X, Y, Z of linear sRGB, divided by those of D65.
    private static readonly double[,] ToXyz =
    {
        { 0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047 },
        { 0.2126729, 0.7151522, 0.0721750 },
        { 0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883 },
    };

    private static readonly double[] Linear = [.. Enumerable.Range(0, 256).Select(level => ToLinear(level / 255.0))];

    /// <summary>L (0 to 100), a and b of each pixel.</summary>
    public static (double L, double A, double B)[] Of(RgbImage image)
    {
        (double, double, double)[] colours = new (double, double, double)[image.Width * image.Height];
        for (int i = 0; i < colours.Length; i++)
        {
            ReadOnlySpan<byte> pixel = image.Pixels.Slice(i * 3, 3);
            double x = Axis(pixel, 0), y = Axis(pixel, 1), z = Axis(pixel, 2);
            colours[i] = ((116 * y) - 16, 500 * (x - y), 200 * (y - z));
        }

        return colours;
    }

    private static double Axis(ReadOnlySpan<byte> pixel, int row)
    {
        double t = (ToXyz[row, 0] * Linear[pixel[0]]) + (ToXyz[row, 1] * Linear[pixel[1]]) + (ToXyz[row, 2] * Linear[pixel[2]]);
        const double Delta = 6.0 / 29;
        return t > Delta * Delta * Delta ? Math.Cbrt(t) : (t / (3 * Delta * Delta)) + (4.0 / 29);
    }

    private static double ToLinear(double value) => value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
}
