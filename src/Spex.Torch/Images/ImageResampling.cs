namespace Spex.Torch.Images;

/// <summary>Scales images by separable convolution, rows first, as Pillow does: the filter widens with the factor when an image is made smaller, so nothing aliases.</summary>
internal static class ImageResampling
{
    private const int Channels = 3;

    /// <summary>Scales interleaved RGB bytes.</summary>
    public static byte[] Resize(ReadOnlySpan<byte> pixels, int width, int height, int newWidth, int newHeight, ResampleFilter filter)
    {
        Taps[] columns = TapsFor(width, newWidth, filter), rows = TapsFor(height, newHeight, filter);
        byte[] narrow = new byte[newWidth * height * Channels];
        for (int y = 0; y < height; y++)
        {
            Gather(pixels.Slice(y * width * Channels, width * Channels), Channels, columns, narrow.AsSpan(y * newWidth * Channels), Channels);
        }

        byte[] result = new byte[newWidth * newHeight * Channels];
        int stride = newWidth * Channels;
        for (int x = 0; x < newWidth; x++)
        {
            Gather(narrow.AsSpan(x * Channels), stride, rows, result.AsSpan(x * Channels), stride);
        }

        return result;
    }

    private readonly record struct Taps(int First, double[] Weights);

    private static void Gather(ReadOnlySpan<byte> source, int stride, Taps[] taps, Span<byte> target, int targetStride)
    {
        for (int i = 0; i < taps.Length; i++)
        {
            (int first, double[] weights) = taps[i];
            for (int channel = 0; channel < Channels; channel++)
            {
                double sum = 0;
                for (int k = 0; k < weights.Length; k++)
                {
                    sum += weights[k] * source[((first + k) * stride) + channel];
                }

                target[(i * targetStride) + channel] = (byte)Math.Clamp(Math.Floor(sum + 0.5), 0, 255);
            }
        }
    }

    /// <summary>For each of the new pixels, the old ones that it is made of and their weights, which add up to 1.</summary>
    private static Taps[] TapsFor(int size, int newSize, ResampleFilter filter)
    {
        double scale = (double)size / newSize, widening = Math.Max(1, scale), support = Support(filter) * widening;
        Taps[] taps = new Taps[newSize];
        for (int i = 0; i < newSize; i++)
        {
            double centre = (i + 0.5) * scale;
            if (filter == ResampleFilter.Nearest || newSize == size)
            {
                taps[i] = new Taps(Math.Min(size - 1, (int)centre), [1]);
                continue;
            }

            int first = Math.Max(0, (int)(centre - support + 0.5)), end = Math.Min(size, (int)(centre + support + 0.5));
            double[] weights = new double[end - first];
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = Weight(filter, (first + k - centre + 0.5) / widening);
            }

            double sum = weights.Sum();
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] /= sum;
            }

            taps[i] = new Taps(first, weights);
        }

        return taps;
    }

    private static double Support(ResampleFilter filter) => filter switch
    {
        ResampleFilter.Nearest => 0,
        ResampleFilter.Box => 0.5,
        ResampleFilter.Bilinear => 1,
        ResampleFilter.Bicubic => 2,
        ResampleFilter.Lanczos => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(filter), filter, "Not a filter."),
    };

    private static double Weight(ResampleFilter filter, double x)
    {
        double distance = Math.Abs(x);
        const double A = -0.5;
        return filter switch
        {
            // Closed below, open above: neighbours do not share an edge.
            ResampleFilter.Box => x is > -0.5 and <= 0.5 ? 1 : 0,
            ResampleFilter.Bilinear => Math.Max(0, 1 - distance),
            ResampleFilter.Bicubic when distance < 1 => (((((A + 2) * distance) - (A + 3)) * distance) * distance) + 1,
            ResampleFilter.Bicubic when distance < 2 => ((((distance - 5) * distance) + 8) * distance * A) - (4 * A),
            ResampleFilter.Lanczos when distance < 3 => Sinc(x) * Sinc(x / 3),
            _ => 0,
        };
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
