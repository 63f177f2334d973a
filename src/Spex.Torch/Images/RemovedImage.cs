namespace Spex.Torch.Images;

/// <summary>The picture that is seen where features are switched off; computed once for all masks.</summary>
internal static class RemovedImage
{
    private const int Channels = 3;

    // Sides of the picture to one standard deviation of the blur.
    private const double SidesPerDeviation = 8;

    // A larger picture is blurred when it is made smaller: what a blur leaves has no detail, and the work would grow with the third power of the sides.
    private const int LongestBlurred = 512;
    private const int BlurredSide = 256;

    // Beyond it a Gaussian holds less than half a level of 255.
    private const double DeviationsReached = 3;

    /// <summary>Red, green, blue of each pixel, row after row, 0 to 1.</summary>
    public static float[] Of(RgbImage image, ImageRemoval removal) => removal switch
    {
        ImageRemoval.Blur => Blur(image),
        ImageRemoval.Mean => Mean(image),
        ImageRemoval.Grey => Fill(image, [0.5f, 0.5f, 0.5f]),
        _ => throw new ArgumentOutOfRangeException(nameof(removal), removal, "Not a way of removing."),
    };

    private static float[] Mean(RgbImage image)
    {
        long[] sums = new long[Channels];
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            sums[i % Channels] += image.Pixels[i];
        }

        return Fill(image, [.. sums.Select(sum => (float)(sum / (255.0 * image.Width * image.Height)))]);
    }

    private static float[] Fill(RgbImage image, float[] colour)
    {
        float[] filled = new float[image.Pixels.Length];
        for (int i = 0; i < filled.Length; i++)
        {
            filled[i] = colour[i % Channels];
        }

        return filled;
    }

    /// <summary>A separable Gaussian; pixels beyond the edge are those of the edge.</summary>
    private static float[] Blur(RgbImage image)
    {
        int longer = Math.Max(image.Width, image.Height);
        if (longer > LongestBlurred)
        {
            RgbImage small = image.Resize(Math.Max(1, image.Width * BlurredSide / longer), Math.Max(1, image.Height * BlurredSide / longer));
            byte[] blurred = Array.ConvertAll(Blur(small), value => (byte)Math.Round(255 * value));
            return ImagePreparation.ToUnit(new RgbImage(small.Width, small.Height, blurred).Resize(image.Width, image.Height));
        }

        double deviation = longer / SidesPerDeviation;
        int reach = (int)Math.Ceiling(DeviationsReached * deviation);
        double[] weights = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(offset => Math.Exp(-0.5 * offset * offset / (deviation * deviation)))];
        double sum = weights.Sum();
        double[] pixels = new double[image.Pixels.Length], across = new double[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = image.Pixels[i] / 255.0;
        }

        int stride = image.Width * Channels;
        for (int y = 0; y < image.Height; y++)
        {
            Blur(pixels.AsSpan(y * stride, stride), across.AsSpan(y * stride, stride), Channels, image.Width, weights, sum);
        }

        for (int x = 0; x < image.Width; x++)
        {
            Blur(across.AsSpan(x * Channels), pixels.AsSpan(x * Channels), stride, image.Height, weights, sum);
        }

        return Array.ConvertAll(pixels, value => (float)value);
    }

    private static void Blur(ReadOnlySpan<double> source, Span<double> target, int stride, int length, double[] weights, double sum)
    {
        int reach = weights.Length / 2;
        for (int channel = 0; channel < Channels; channel++)
        {
            for (int i = 0; i < length; i++)
            {
                double total = 0;
                for (int k = 0; k < weights.Length; k++)
                {
                    total += weights[k] * source[(Math.Clamp(i + k - reach, 0, length - 1) * stride) + channel];
                }

                target[(i * stride) + channel] = total / sum;
            }
        }
    }
}
