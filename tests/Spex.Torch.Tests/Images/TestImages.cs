using Spex.Torch.Images;

namespace Spex.Torch.Tests.Images;

/// <summary>Images that tests make.</summary>
internal static class TestImages
{
    /// <summary>Noise, another one each time.</summary>
    public static RgbImage Noise(int width, int height)
    {
        byte[] pixels = new byte[width * height * 3];
        System.Random.Shared.NextBytes(pixels);
        return new RgbImage(width, height, pixels);
    }

    /// <summary>A colour for each pixel.</summary>
    public static RgbImage Of(int width, int height, Func<int, int, (int R, int G, int B)> colour)
    {
        byte[] pixels = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++)
        {
            (int r, int g, int b) = colour(i % width, i / width);
            (pixels[i * 3], pixels[(i * 3) + 1], pixels[(i * 3) + 2]) = ((byte)r, (byte)g, (byte)b);
        }

        return new RgbImage(width, height, pixels);
    }
}
