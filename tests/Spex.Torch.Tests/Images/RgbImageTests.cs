using SkiaSharp;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Images;

namespace Spex.Torch.Tests.Images;

public sealed class RgbImageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 5)]
    [InlineData(64, 3)]
    public void A_PNG_gives_back_its_pixels(int width, int height)
    {
        RgbImage image = TestImages.Noise(width, height);
        RgbImage read = RgbImage.Read(_folder.Write("a.png", image.EncodePng()));
        Assert.Equal((width, height), (read.Width, read.Height));
        Assert.True(image.Pixels.SequenceEqual(read.Pixels));
        Assert.Equal(image.Hash, read.Hash);
    }

    [Fact]
    public void A_JPEG_is_read()
    {
        using SKBitmap bitmap = new(16, 8);
        bitmap.Erase(new SKColor(200, 100, 50));
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);
        RgbImage read = RgbImage.Read(_folder.Write("a.jpg", data.ToArray()));
        Assert.Equal((16, 8), (read.Width, read.Height));
        Assert.InRange(read.Pixels[0], 195, 205);
        Assert.InRange(read.Pixels[1], 95, 105);
        Assert.InRange(read.Pixels[2], 45, 55);
    }

    [Fact]
    public void A_JPEG_is_turned_as_its_EXIF_data_say()
    {
        using SKBitmap bitmap = new(32, 16);
        bitmap.Erase(SKColors.Red);
        bitmap.Erase(SKColors.Blue, new SKRectI(16, 0, 32, 16));
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 95);

        // Orientation 6: the picture was taken with the camera turned, and is shown a quarter to the right.
        byte[] exif = [0xFF, 0xE1, 0x00, 0x22, .. "Exif\0\0MM\0*\0\0\0\u0008"u8, 0x00, 0x01, 0x01, 0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00];
        byte[] jpeg = data.ToArray();
        RgbImage read = RgbImage.Read(_folder.Write("a.jpg", [.. jpeg[..2], .. exif, .. jpeg[2..]]));
        Assert.Equal((16, 32), (read.Width, read.Height));
        Assert.True(read.Pixels[0] > 200 && read.Pixels[2] < 60, "The left half is above.");
        Assert.True(read.Pixels[^3] < 60 && read.Pixels[^1] > 200, "The right half is below.");
    }

    [Fact]
    public void What_is_transparent_lies_on_white()
    {
        using SKBitmap bitmap = new(new SKImageInfo(1, 2, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.SetPixel(0, 0, new SKColor(10, 20, 30, 0));
        bitmap.SetPixel(0, 1, new SKColor(0, 0, 0, 128));
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        RgbImage read = RgbImage.Read(_folder.Write("a.png", data.ToArray()));
        Assert.Equal([255, 255, 255, 127, 127, 127], read.Pixels.ToArray());
    }

    [Fact]
    public void What_is_no_whole_picture_is_refused()
    {
        byte[] png = TestImages.Noise(40, 40).EncodePng();
        Assert.Contains("is no image that can be read; give a PNG or JPEG file", Refused(_folder.Write("a.png", "not a picture, in spite of its name")));
        Assert.Contains("is no image that can be read", Refused(_folder.Write("b.png", "")));
        Assert.Contains("is cut short", Refused(_folder.Write("c.png", png[..(png.Length / 2)])));
        Assert.Contains("There is no file", Refused(_folder["d.png"]));
        Assert.Contains("is a folder", Refused(_folder.FullName));
    }

    [Theory]
    [InlineData(ResampleFilter.Nearest)]
    [InlineData(ResampleFilter.Box)]
    [InlineData(ResampleFilter.Bilinear)]
    [InlineData(ResampleFilter.Bicubic)]
    [InlineData(ResampleFilter.Lanczos)]
    public void One_colour_stays_one_colour_in_every_size(ResampleFilter filter)
    {
        RgbImage image = TestImages.Of(13, 9, (_, _) => (7, 130, 255));
        foreach ((int width, int height) in ((int, int)[])[(4, 3), (26, 27), (13, 1), (1, 9)])
        {
            RgbImage resized = image.Resize(width, height, filter);
            Assert.Equal((width, height), (resized.Width, resized.Height));
            Assert.Equal(Enumerable.Repeat(new byte[] { 7, 130, 255 }, width * height).SelectMany(pixel => pixel), resized.Pixels.ToArray());
        }
    }

    /// <summary>What Pillow 9.4.0 gives, to one level: it computes with whole numbers.</summary>
    [Theory]
    [InlineData(ResampleFilter.Nearest, new[] { 31, 129, 17, 93, 51, 153, 155, 229, 169, 88, 142, 46, 150, 64, 182 }, new[] { 0, 40, 0, 31, 129, 17, 31, 129, 17, 62, 218, 68, 93, 51, 153 })]
    [InlineData(ResampleFilter.Lanczos, new[] { 28, 112, 16, 96, 140, 102, 190, 141, 121, 94, 135, 100, 187, 168, 110 }, new[] { 0, 36, 0, 16, 83, 8, 45, 201, 30, 66, 189, 95, 91, 51, 149 })]
    [InlineData(ResampleFilter.Bilinear, new[] { 41, 119, 29, 107, 129, 101, 173, 153, 119, 108, 134, 87, 168, 144, 109 }, new[] { 0, 40, 0, 21, 99, 11, 45, 169, 40, 69, 181, 87, 93, 51, 153 })]
    [InlineData(ResampleFilter.Bicubic, new[] { 30, 115, 22, 101, 135, 100, 183, 149, 121, 99, 134, 91, 179, 155, 110 }, new[] { 0, 36, 0, 17, 94, 7, 43, 183, 34, 67, 193, 88, 91, 51, 152 })]
    [InlineData(ResampleFilter.Box, new[] { 16, 85, 9, 93, 136, 79, 171, 146, 135, 102, 105, 82, 179, 156, 109 }, new[] { 0, 40, 0, 31, 129, 17, 31, 129, 17, 62, 218, 68, 93, 51, 153 })]
    public void Scaling_agrees_with_Pillow(ResampleFilter filter, int[] smaller, int[] larger)
    {
        RgbImage image = TestImages.Of(7, 5, (x, y) => (((x * 31) + (y * 57)) % 256, ((x * 89) + (y * 13) + 40) % 256, ((x * x * 17) + (y * y * 29)) % 256));
        byte[] small = image.Resize(3, 4, filter).Pixels.ToArray(), large = image.Resize(9, 6, filter).Pixels.ToArray();
        Assert.All(smaller.Zip(small), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
        Assert.All(larger.Zip(large), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
    }

    [Fact]
    public void Halving_takes_means_and_keeps_the_middle_in_the_middle()
    {
        RgbImage image = TestImages.Of(4, 2, (x, y) => (x * 40, y * 100, 0));
        Assert.Equal([20, 50, 0, 100, 50, 0], image.Resize(2, 1, ResampleFilter.Box).Pixels.ToArray());
        byte[] bilinear = image.Resize(2, 1, ResampleFilter.Bilinear).Pixels.ToArray();
        Assert.Equal(120, bilinear[0] + bilinear[3], 1.0);
        Assert.Equal(50, bilinear[1], 1.0);
    }

    private static string Refused(string path) => Assert.Throws<SpexInputException>(() => RgbImage.Read(path)).Message;
}
