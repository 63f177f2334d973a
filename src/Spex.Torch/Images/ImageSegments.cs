using System.Buffers.Binary;
using System.Security.Cryptography;
using Spex.Core;

namespace Spex.Torch.Images;

/// <summary>An image cut into features: every pixel belongs to exactly one of them.</summary>
public sealed class ImageSegments
{
    private readonly int[] _labels;

    private ImageSegments(string kind, int width, int height, int[] labels, string[] names)
    {
        Kind = kind;
        Width = width;
        Height = height;
        _labels = labels;
        Names = names;
    }

    /// <summary>What a feature is, in the singular: "patch" or "superpixel".</summary>
    public string Kind { get; }

    /// <summary>Columns of the image.</summary>
    public int Width { get; }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Number of features n.</summary>
    public int Count => Names.Count;

    /// <summary>The feature of each pixel, 0 to n − 1, row after row.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>A name a feature. Patches: r2c5, row 2 and column 5 of the grid, counted from 1. Superpixels: s3@12,7, number 3, whose middle is at x = 12, y = 7.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The first 16 hexadecimal digits of the SHA-256 of the labels.</summary>
    internal string Hash
    {
        get
        {
            byte[] bytes = new byte[(_labels.Length + 1) * sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, Width);
            for (int i = 0; i < _labels.Length; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan((i + 1) * sizeof(int)), _labels[i]);
            }

            return Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        }
    }

    /// <summary>Cuts an image into a grid of patches, numbered row after row; where the sides do not divide, some patches are a pixel larger.</summary>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="columns">Patches in a row.</param>
    /// <param name="rows">Patches in a column.</param>
    /// <exception cref="SpexInputException">The grid has no patches, or more than the image has pixels in a row or column.</exception>
    public static ImageSegments Grid(int width, int height, int columns, int rows)
    {
        if (columns < 1 || rows < 1 || columns > width || rows > height)
        {
            throw new SpexInputException(
                $"A grid of {columns} × {rows} patches does not fit the image that the model sees, which has {width} × {height} pixels. Give 1 to {width} columns and 1 to {height} rows.");
        }

        return Patches(width, height, columns, rows, x => (int)((long)x * columns / width), y => (int)((long)y * rows / height));
    }

    /// <summary>Cuts an image into square patches of some pixels, numbered row after row; those at the right and lower edge may be smaller.</summary>
    /// <exception cref="SpexInputException">The patch is larger than the image.</exception>
    public static ImageSegments Patches(int width, int height, int pixels)
    {
        if (pixels < 1 || pixels > Math.Max(width, height))
        {
            throw new SpexInputException(
                $"A patch of {pixels} pixels does not fit the image that the model sees, which has {width} × {height} pixels. Give 1 to {Math.Max(width, height)} pixels.");
        }

        return Patches(width, height, (width + pixels - 1) / pixels, (height + pixels - 1) / pixels, x => x / pixels, y => y / pixels);
    }

    /// <summary>Cuts an image into superpixels: regions of like colour, by <see cref="SlicSuperpixels"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="wanted">About how many; the result may have some more or fewer.</param>
    /// <exception cref="SpexInputException">Fewer than 2 are wanted, or more than a quarter of the pixels.</exception>
    public static ImageSegments Superpixels(RgbImage image, int wanted)
    {
        ArgumentNullException.ThrowIfNull(image);
        int most = image.Width * image.Height / 4;
        if (wanted < 2 || wanted > most)
        {
            throw new SpexInputException(
                $"{wanted} superpixels cannot be cut from the image that the model sees, which has {image.Width} × {image.Height} pixels. Give 2 to {most}.");
        }

        int[] labels = SlicSuperpixels.Cut(image, wanted);
        int count = labels.Max() + 1;
        (long X, long Y, long Pixels)[] sums = new (long, long, long)[count];
        for (int i = 0; i < labels.Length; i++)
        {
            ref (long X, long Y, long Pixels) sum = ref sums[labels[i]];
            sum = (sum.X + (i % image.Width), sum.Y + (i / image.Width), sum.Pixels + 1);
        }

        string[] names = [.. sums.Select((sum, label) => $"s{label + 1}@{sum.X / sum.Pixels},{sum.Y / sum.Pixels}")];
        return new ImageSegments("superpixel", image.Width, image.Height, labels, names);
    }

    /// <summary>The feature of each pixel when the image is shown in another size.</summary>
    public int[] LabelsAt(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        int[] labels = new int[width * height];
        for (int y = 0; y < height; y++)
        {
            int row = (int)((long)y * Height / height) * Width;
            for (int x = 0; x < width; x++)
            {
                labels[(y * width) + x] = _labels[row + (int)((long)x * Width / width)];
            }
        }

        return labels;
    }

    private static ImageSegments Patches(int width, int height, int columns, int rows, Func<int, int> column, Func<int, int> row)
    {
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.Length; i++)
        {
            labels[i] = (row(i / width) * columns) + column(i % width);
        }

        return new ImageSegments("patch", width, height, labels, [.. Enumerable.Range(0, columns * rows).Select(patch => $"r{(patch / columns) + 1}c{(patch % columns) + 1}")]);
    }
}
