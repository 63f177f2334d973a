using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SkiaSharp;
using Spex.Core;
using Spex.Core.Formats;

namespace Spex.Torch.Images;

/// <summary>A picture in memory: sRGB, one byte a channel.</summary>
public sealed class RgbImage
{
    /// <summary>The most pixels a picture may have.</summary>
    public const int MaxPixels = 64 << 20;

    private const int Channels = 3;
    private readonly byte[] _pixels;

    /// <summary>Wraps pixels; the array is kept, not copied.</summary>
    /// <param name="width">1 or more.</param>
    /// <param name="height">1 or more.</param>
    /// <param name="pixels">Red, green, blue of each pixel, row after row.</param>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != (long)width * height * Channels)
        {
            throw new ArgumentException($"{width} × {height} pixels take {(long)width * height * Channels} bytes; {pixels.LongLength} were given.", nameof(pixels));
        }

        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Red, green, blue of each pixel, row after row.</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of size and pixels.</summary>
    public string Hash
    {
        get
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(BitConverter.GetBytes(Width));
            hash.AppendData(_pixels);
            return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        }
    }

    /// <summary>Reads a picture file: PNG or JPEG (and what else Skia knows). It is turned as its EXIF data say; what is transparent lies on white.</summary>
    /// <exception cref="SpexInputException">The file is missing, is no picture, is cut short, or is larger than <see cref="MaxPixels"/>.</exception>
    /// <exception cref="SpexException">Skia's native library cannot be loaded.</exception>
    public static RgbImage Read(string path)
    {
        byte[] content = InputFile.ReadAll(path);
        try
        {
            return Decode(content, path);
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException)
        {
            throw new SpexException($"The library that reads pictures cannot be loaded: {error.GetBaseException().Message} Restore the packages again.", error);
        }
    }

    /// <summary>The picture as a PNG file.</summary>
    public byte[] EncodePng()
    {
        using SKBitmap bitmap = ToBitmap();
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>The picture in another size.</summary>
    public RgbImage Resize(int width, int height, ResampleFilter filter = ResampleFilter.Bilinear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return width == Width && height == Height ? this : new RgbImage(width, height, ImageResampling.Resize(_pixels, Width, Height, width, height, filter));
    }

    private static RgbImage Decode(byte[] content, string name)
    {
        using SKData data = SKData.CreateCopy(content);
        using SKCodec? codec = SKCodec.Create(data);
        if (codec is null)
        {
            throw new SpexInputException($"{name} is no image that can be read; give a PNG or JPEG file.");
        }

        SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, SKColorSpace.CreateSrgb());
        if ((long)info.Width * info.Height > MaxPixels)
        {
            throw new SpexInputException($"{name} has {info.Width} × {info.Height} pixels; at most {MaxPixels:N0} can be read. Make the picture smaller.");
        }

        byte[] rgba = new byte[info.BytesSize];
        SKCodecResult result;
        unsafe
        {
            fixed (byte* target = rgba)
            {
                result = codec.GetPixels(info, (nint)target);
            }
        }

        if (result != SKCodecResult.Success)
        {
            throw new SpexInputException(
                result == SKCodecResult.IncompleteInput
                    ? $"{name} is cut short: not all of the picture is there. Get the file again."
                    : $"{name} cannot be read as an image ({result}); give a sound PNG or JPEG file.");
        }

        return Turn(OnWhite(rgba), info.Width, info.Height, codec.EncodedOrigin);
    }

    private static byte[] OnWhite(byte[] rgba)
    {
        byte[] pixels = new byte[rgba.Length / 4 * Channels];
        for (int i = 0; i < pixels.Length / Channels; i++)
        {
            int alpha = rgba[(i * 4) + 3];
            for (int channel = 0; channel < Channels; channel++)
            {
                pixels[(i * Channels) + channel] = (byte)(((rgba[(i * 4) + channel] * alpha) + (255 * (255 - alpha)) + 127) / 255);
            }
        }

        return pixels;
    }

    /// <summary>Turns a picture upright: the eight orientations of EXIF.</summary>
    private static RgbImage Turn(byte[] pixels, int width, int height, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft)
        {
            return new RgbImage(width, height, pixels);
        }

        bool swapped = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        (int newWidth, int newHeight) = swapped ? (height, width) : (width, height);
        byte[] turned = new byte[pixels.Length];
        for (int y = 0; y < newHeight; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                (int fromX, int fromY) = origin switch
                {
                    SKEncodedOrigin.TopRight => (width - 1 - x, y),
                    SKEncodedOrigin.BottomRight => (width - 1 - x, height - 1 - y),
                    SKEncodedOrigin.BottomLeft => (x, height - 1 - y),
                    SKEncodedOrigin.LeftTop => (y, x),
                    SKEncodedOrigin.RightTop => (y, height - 1 - x),
                    SKEncodedOrigin.RightBottom => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                pixels.AsSpan(((fromY * width) + fromX) * Channels, Channels).CopyTo(turned.AsSpan(((y * newWidth) + x) * Channels));
            }
        }

        return new RgbImage(newWidth, newHeight, turned);
    }

    private SKBitmap ToBitmap()
    {
        byte[] rgba = new byte[Width * Height * 4];
        for (int i = 0; i < Width * Height; i++)
        {
            _pixels.AsSpan(i * Channels, Channels).CopyTo(rgba.AsSpan(i * 4));
            rgba[(i * 4) + 3] = byte.MaxValue;
        }

        SKBitmap bitmap = new(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque, SKColorSpace.CreateSrgb()));
        Marshal.Copy(rgba, 0, bitmap.GetPixels(), rgba.Length);
        return bitmap;
    }
}
