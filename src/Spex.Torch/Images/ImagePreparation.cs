using static TorchSharp.torch;

namespace Spex.Torch.Images;

/// <summary>From a picture to a classifier's input: scaled to its size, then (value − mean) / deviation of each channel.</summary>
/// <param name="Width">Columns that the model takes; null for the picture's own.</param>
/// <param name="Height">Rows that the model takes; null for the picture's own.</param>
/// <param name="Filter">How the picture is scaled.</param>
/// <param name="Mean">Red, green and blue, of values from 0 to 1.</param>
/// <param name="Deviation">Red, green and blue, above 0.</param>
public sealed record ImagePreparation(int? Width, int? Height, ResampleFilter Filter, IReadOnlyList<double> Mean, IReadOnlyList<double> Deviation)
{
    /// <summary>The picture in the model's size: what the model sees.</summary>
    public RgbImage Fit(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Resize(Width ?? image.Width, Height ?? image.Height, Filter);
    }

    /// <summary>Interleaved red, green and blue, 0 to 1.</summary>
    internal static float[] ToUnit(RgbImage image)
    {
        float[] unit = new float[image.Pixels.Length];
        for (int i = 0; i < unit.Length; i++)
        {
            unit[i] = image.Pixels[i] / 255f;
        }

        return unit;
    }

    /// <summary>3 × height × width, normalised, from interleaved values of 0 to 1.</summary>
    internal Tensor Normalise(float[] unit, int width, int height)
    {
        float[] planes = new float[unit.Length];
        int pixels = width * height;
        for (int channel = 0; channel < Mean.Count; channel++)
        {
            for (int i = 0; i < pixels; i++)
            {
                planes[(channel * pixels) + i] = (float)((unit[(i * Mean.Count) + channel] - Mean[channel]) / Deviation[channel]);
            }
        }

        return tensor(planes, Mean.Count, height, width);
    }
}
