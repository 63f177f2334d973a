using SkiaSharp;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>An explained picture as a PNG file: as it is, and beside it each feature coloured by its own effect, with the strongest pairs as lines between their middles.</summary>
/// <remarks>
/// Under the effects the picture is shown in grey, so that colour means effect alone. Blue raises the value and vermilion lowers it (Okabe and Ito's colours, which colour-blind people tell apart); the sign is
/// told by shape too: plus and minus in the features, whole and dashed lines between them. The strip below shows the four.
/// </remarks>
public static class ImageOverlay
{
    // A small picture is enlarged by a whole factor until its longer side has about so many pixels.
    private const int LongerSide = 640;

    // Marks and lines below these shares of the largest effect would only be in the way.
    private const double LeastMark = 0.2;
    private const double LeastLine = 0.05;

    private static readonly SKColor Raises = new(0x00, 0x72, 0xB2), Lowers = new(0xD5, 0x5E, 0x00);

    /// <summary>Draws the overlay and writes it.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="subject">What was explained; has a picture.</param>
    /// <param name="explanation">The explanation.</param>
    /// <param name="pairs">The most pairs to draw.</param>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Write(string path, Subject subject, Explanation explanation, int pairs = 5)
    {
        byte[] png = Draw(subject, explanation, pairs);
        OutputFile.Write(path, stream => stream.Write(png));
    }

    /// <summary>The overlay as a PNG file's content.</summary>
    /// <exception cref="ArgumentException">The subject has no picture.</exception>
    public static byte[] Draw(Subject subject, Explanation explanation, int pairs = 5)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        ArgumentOutOfRangeException.ThrowIfNegative(pairs);
        SubjectImage image = subject.Image ?? throw new ArgumentException("What was explained is no picture.", nameof(subject));
        int scale = Math.Max(1, LongerSide / Math.Max(image.Width, image.Height));
        int width = image.Width * scale, height = image.Height * scale;
        float unit = Math.Max(width, height) / 100f, gap = unit, strip = 6 * unit;
        Interaction[] singles = [.. explanation.Interactions.Interactions.Where(interaction => interaction.Set.Count == 1)];
        Interaction[] strongest = [.. explanation.Interactions.Interactions.Where(interaction => interaction.Set.Count == 2).OrderByDescending(pair => Math.Abs(pair.Strength)).Take(pairs)];
        double largest = Math.Max(1e-300, singles.Concat(strongest).Select(interaction => Math.Abs(interaction.Strength)).DefaultIfEmpty().Max());
        double[] effects = new double[explanation.Spectrum.FeatureCount];
        foreach (Interaction single in singles)
        {
            effects[single.Set[0]] = single.Strength / largest;
        }

        using SKSurface surface = SKSurface.Create(new SKImageInfo((2 * width) + (int)gap, height + (int)Math.Ceiling(strip), SKColorType.Rgba8888, SKAlphaType.Opaque));
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        DrawPicture(canvas, image, width, height, grey: false);
        canvas.Translate(width + (int)gap, 0);
        DrawPicture(canvas, image, width, height, grey: true);
        DrawEffects(canvas, image, effects, width, height);
        SKPoint[] middles = Middles(image, effects.Length, scale);
        foreach (Interaction pair in strongest.Where(pair => Math.Abs(pair.Strength) >= LeastLine * largest).Reverse())
        {
            DrawLine(canvas, middles[pair.Set[0]], middles[pair.Set[1]], pair.Strength / largest, unit);
        }

        for (int feature = 0; feature < effects.Length; feature++)
        {
            if (Math.Abs(effects[feature]) >= LeastMark)
            {
                DrawMark(canvas, middles[feature], effects[feature], unit * (float)(0.6 + (0.9 * Math.Abs(effects[feature]))));
            }
        }

        DrawStrip(canvas, height, strip, unit);
        using SKImage drawn = surface.Snapshot();
        using SKData data = drawn.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static void DrawPicture(SKCanvas canvas, SubjectImage image, int width, int height, bool grey)
    {
        using SKData data = SKData.CreateCopy(image.Png.Span);
        using SKBitmap? picture = SKBitmap.Decode(data);
        if (picture is null)
        {
            throw new SpexInputException("The picture of this result is no PNG; make the result again.");
        }

        // Luma of BT.709, made somewhat lighter, so that dark pictures let the colours through.
        float[] matrix =
        [
            0.181f, 0.608f, 0.061f, 0, 0.15f,
            0.181f, 0.608f, 0.061f, 0, 0.15f,
            0.181f, 0.608f, 0.061f, 0, 0.15f,
            0, 0, 0, 1, 0,
        ];
        using SKColorFilter filter = SKColorFilter.CreateColorMatrix(matrix);
        using SKPaint paint = new() { ColorFilter = grey ? filter : null, FilterQuality = SKFilterQuality.High };
        canvas.DrawBitmap(picture, new SKRect(0, 0, width, height), paint);
    }

    /// <summary>Colours the features and draws the borders between them.</summary>
    private static void DrawEffects(SKCanvas canvas, SubjectImage image, double[] effects, int width, int height)
    {
        uint[] pixels = new uint[width * height];
        int scale = width / image.Width;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int label = LabelAt(image, x / scale, y / scale);
                bool border = (x + 1 < width && LabelAt(image, (x + 1) / scale, y / scale) != label) || (y + 1 < height && LabelAt(image, x / scale, (y + 1) / scale) != label);
                double effect = effects[label];
                SKColor colour = border ? SKColors.White.WithAlpha(110) : (effect < 0 ? Lowers : Raises).WithAlpha((byte)Math.Round(185 * Math.Abs(effect)));
                pixels[(y * width) + x] = Premultiplied(colour);
            }
        }

        using SKBitmap layer = new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        unsafe
        {
            pixels.CopyTo(new Span<uint>((void*)layer.GetPixels(), pixels.Length));
        }

        canvas.DrawBitmap(layer, 0, 0);
    }

    private static int LabelAt(SubjectImage image, int x, int y) => image.Labels[(y * image.Width) + x];

    private static uint Premultiplied(SKColor colour)
    {
        uint Scaled(byte channel) => ((uint)channel * colour.Alpha + 127) / 255;
        return Scaled(colour.Red) | (Scaled(colour.Green) << 8) | (Scaled(colour.Blue) << 16) | ((uint)colour.Alpha << 24);
    }

    /// <summary>A point inside each feature: its pixel that is nearest to the mean of its pixels.</summary>
    private static SKPoint[] Middles(SubjectImage image, int count, int scale)
    {
        (long X, long Y, long Pixels)[] sums = new (long, long, long)[count];
        for (int at = 0; at < image.Labels.Count; at++)
        {
            ref (long X, long Y, long Pixels) sum = ref sums[image.Labels[at]];
            sum = (sum.X + (at % image.Width), sum.Y + (at / image.Width), sum.Pixels + 1);
        }

        SKPoint[] middles = new SKPoint[count];
        double[] nearest = new double[count];
        Array.Fill(nearest, double.PositiveInfinity);
        for (int at = 0; at < image.Labels.Count; at++)
        {
            int label = image.Labels[at], x = at % image.Width, y = at / image.Width;
            (long sumX, long sumY, long pixels) = sums[label];
            double dx = x - ((double)sumX / pixels), dy = y - ((double)sumY / pixels), distance = (dx * dx) + (dy * dy);
            if (distance < nearest[label] - 1e-9)
            {
                nearest[label] = distance;

                // The mean itself where it lies within the pixel next to it: the middle of a patch with an even number of pixels.
                middles[label] = distance < 1 ? At(((double)sumX / pixels) + 0.5, ((double)sumY / pixels) + 0.5, scale) : At(x + 0.5, y + 0.5, scale);
            }
        }

        return middles;
    }

    private static SKPoint At(double x, double y, int scale) => new((float)(x * scale), (float)(y * scale));

    private static void DrawLine(SKCanvas canvas, SKPoint from, SKPoint to, double effect, float unit)
    {
        float thickness = unit * (float)(0.35 + (0.75 * Math.Abs(effect)));
        using SKPaint halo = Stroke(SKColors.White.WithAlpha(200), thickness + (0.5f * unit));
        using SKPaint line = Stroke(effect < 0 ? Lowers : Raises, thickness);
        using SKPathEffect dashes = SKPathEffect.CreateDash([1.6f * unit, 1.4f * unit], 0);
        line.PathEffect = effect < 0 ? dashes : null;
        line.StrokeCap = effect < 0 ? SKStrokeCap.Butt : SKStrokeCap.Round;
        canvas.DrawLine(from, to, halo);
        canvas.DrawLine(from, to, line);
    }

    private static void DrawMark(SKCanvas canvas, SKPoint middle, double effect, float arm)
    {
        foreach ((SKColor colour, float thickness, float length) in ((SKColor, float, float)[])[(SKColors.White, 0.85f * arm, 1.2f * arm), (SKColors.Black, 0.4f * arm, arm)])
        {
            using SKPaint paint = Stroke(colour, thickness);
            paint.StrokeCap = SKStrokeCap.Butt;
            canvas.DrawLine(middle.X - length, middle.Y, middle.X + length, middle.Y, paint);
            if (effect > 0)
            {
                canvas.DrawLine(middle.X, middle.Y - length, middle.X, middle.Y + length, paint);
            }
        }
    }

    /// <summary>What the colours, marks and lines are: raising ones on the left, lowering ones beside them.</summary>
    private static void DrawStrip(SKCanvas canvas, int top, float strip, float unit)
    {
        float y = top + (strip / 2), x = unit;
        foreach ((SKColor colour, double sign) in ((SKColor, double)[])[(Raises, 1), (Lowers, -1)])
        {
            using SKPaint fill = new() { Color = colour.WithAlpha(185), IsAntialias = true };
            canvas.DrawRect(x, y - (1.8f * unit), 5 * unit, 3.6f * unit, fill);
            DrawMark(canvas, new SKPoint(x + (2.5f * unit), y), sign, 1.2f * unit);
            DrawLine(canvas, new SKPoint(x + (7 * unit), y), new SKPoint(x + (16 * unit), y), sign, unit);
            x += 22 * unit;
        }
    }

    private static SKPaint Stroke(SKColor colour, float thickness) =>
        new() { Color = colour, StrokeWidth = thickness, Style = SKPaintStyle.Stroke, IsAntialias = true, StrokeCap = SKStrokeCap.Round };
}
