using SkiaSharp;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Reports.Tests;

public class ImageOverlayTests
{
    // Two patches a row, two rows, of 160 pixels each: the overlay enlarges twice and stands behind the picture and a gap of 6 pixels.
    private const int Side = 320, Scale = 2, Left = (Side * Scale) + 6;

    [Fact]
    public void Patches_are_coloured_by_their_effect_and_pairs_are_lines()
    {
        // Patch 0 raises, patch 3 lowers, 1 and 2 do something together only.
        using SKBitmap drawn = Draw(mask => (mask[0] ? 2 : 0) - (mask[3] ? 2 : 0) + (mask[1] && mask[2] ? 2 : 0));
        Assert.Equal((Left + (Side * Scale), (Side * Scale) + 39), (drawn.Width, drawn.Height));
        SKColor Overlay(int x, int y) => drawn.GetPixel(Left + (x * Scale), y * Scale);
        SKColor raises = Overlay(40, 40), lowers = Overlay(280, 280);
        Assert.True(raises.Blue > raises.Red + 60, $"{raises}");
        Assert.True(lowers.Red > lowers.Blue + 60, $"{lowers}");

        // The line from the middle of patch 1 to that of patch 2 passes the picture's middle, blue; the picture itself is a grey there.
        SKColor line = Overlay(160, 160), picture = drawn.GetPixel(160 * Scale, 160 * Scale);
        Assert.True(line.Blue > line.Red + 100, $"{line}");
        Assert.Equal(picture.Red, picture.Blue);
    }

    [Fact]
    public void A_constant_function_leaves_the_picture_without_colour()
    {
        using SKBitmap drawn = Draw(_ => 1);
        SKColor middle = drawn.GetPixel(Left + (50 * Scale), 50 * Scale);
        Assert.Equal((middle.Red, middle.Red), (middle.Green, middle.Blue));
    }

    [Fact]
    public void What_is_no_picture_is_refused()
    {
        using CpuDevice device = new(1);
        Explanation explanation = new Explainer(device).Explain(new DelegateValueFunction(4, "f", _ => 1), cancel: TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => ImageOverlay.Draw(new Subject("game", "g", "v", "feature", null), explanation));
    }

    private static SKBitmap Draw(Func<bool[], double> function)
    {
        using SKBitmap picture = new(Side, Side);
        picture.Erase(new SKColor(128, 128, 128));
        using SKData png = picture.Encode(SKEncodedImageFormat.Png, 100);
        int[] labels = [.. Enumerable.Range(0, Side * Side).Select(at => (at / Side / (Side / 2) * 2) + (at % Side / (Side / 2)))];
        Subject subject = new("image", "a picture", "the logit", "patch", null) { Image = new SubjectImage(png.ToArray(), Side, Side, labels) };
        using CpuDevice device = new(1);
        Explanation explanation = new Explainer(device).Explain(new DelegateValueFunction(4, "f", function), cancel: TestContext.Current.CancellationToken);
        return SKBitmap.Decode(ImageOverlay.Draw(subject, explanation));
    }
}
