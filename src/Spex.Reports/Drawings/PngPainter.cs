using System.Text;
using SkiaSharp;
using Spex.Core;

namespace Spex.Reports.Drawings;

/// <summary>Paints a drawing as PNG with Skia.</summary>
/// <remarks>
/// Text is painted letter by letter from the font that the library carries, so that it is where SVG has it, and no font need be installed. Letters that the font lacks are
/// looked for in the system's fonts. Words that run from right to left are laid so; letters that join or change their shape by their neighbours (Arabic) do not here.
/// </remarks>
internal sealed class PngPainter : IDisposable
{
    private const int MostPixels = 16_384;

    private readonly SKCanvas _canvas;
    private readonly SKTypeface _regular, _bold;
    private readonly Dictionary<string, SKTypeface?> _others = [];
    private readonly List<string> _missing = [];
    private SKTypeface[]? _systemFonts;

    private PngPainter(SKCanvas canvas)
    {
        _canvas = canvas;
        using SKData regular = SKData.CreateCopy(FontFile.Regular.Bytes), bold = SKData.CreateCopy(FontFile.Bold.Bytes);
        _regular = SKTypeface.FromData(regular);
        _bold = SKTypeface.FromData(bold);
    }

    /// <summary>The drawing as a PNG file's bytes.</summary>
    public static byte[] Paint(Drawing drawing, double scale, out IReadOnlyList<string> missing)
    {
        int width = (int)Math.Ceiling(drawing.Width * scale), height = (int)Math.Ceiling(drawing.Height * scale);
        if (width > MostPixels || height > MostPixels)
        {
            throw new SpexException($"The picture would have {width} × {height} pixels; up to {MostPixels} each way are painted. Write it as SVG, or give a smaller --top or --width.");
        }

        try
        {
            using SKBitmap bitmap = new(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
            using SKCanvas canvas = new(bitmap);
            using PngPainter painter = new(canvas);
            canvas.Clear(ColourOf(drawing.Background));
            canvas.Scale((float)scale);
            foreach (Shape shape in drawing.Shapes)
            {
                painter.Paint(shape);
            }

            canvas.Flush();
            missing = painter._missing;
            using SKData png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            return png.ToArray();
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            throw new SpexException($"PNG needs the library libSkiaSharp, which cannot be loaded here ({error.GetBaseException().Message}). Write an .svg instead.", error);
        }
    }

    public void Dispose()
    {
        _regular.Dispose();
        _bold.Dispose();
        foreach (SKTypeface font in _systemFonts ?? [])
        {
            font.Dispose();
        }
    }

    private void Paint(Shape shape)
    {
        switch (shape)
        {
            case RectangleShape rectangle:
                SKRect box = SKRect.Create((float)rectangle.Box.X, (float)rectangle.Box.Y, (float)rectangle.Box.Width, (float)rectangle.Box.Height);
                FillAndStroke(rectangle.Fill, rectangle.Stroke, paint => _canvas.DrawRoundRect(box, (float)rectangle.Radius, (float)rectangle.Radius, paint));
                break;
            case CircleShape circle:
                FillAndStroke(circle.Fill, circle.Stroke, paint => _canvas.DrawCircle((float)circle.Centre.X, (float)circle.Centre.Y, (float)circle.Radius, paint));
                break;
            case PathShape path:
                using (SKPath outline = OutlineOf(path))
                {
                    FillAndStroke(path.Fill, path.Stroke, paint => _canvas.DrawPath(outline, paint));
                }

                break;
            case TextShape text:
                PaintText(text);
                break;
        }
    }

    private static SKPath OutlineOf(PathShape path)
    {
        SKPath outline = new();
        SKPoint[] points = [.. path.Points.Select(point => new SKPoint((float)point.X, (float)point.Y))];
        outline.MoveTo(points[0]);
        if (path.Curved)
        {
            outline.CubicTo(points[1], points[2], points[3]);
        }
        else
        {
            foreach (SKPoint point in points.AsSpan(1))
            {
                outline.LineTo(point);
            }
        }

        if (path.Closed)
        {
            outline.Close();
        }

        return outline;
    }

    private static void FillAndStroke(Colour? fill, Stroke? stroke, Action<SKPaint> draw)
    {
        using SKPaint paint = new() { IsAntialias = true };
        if (fill is { } colour)
        {
            paint.Color = ColourOf(colour);
            draw(paint);
        }

        if (stroke is not null)
        {
            paint.Style = SKPaintStyle.Stroke;
            paint.Color = ColourOf(stroke.Colour);
            paint.StrokeWidth = (float)stroke.Width;
            using SKPathEffect? dashes = stroke.Dashes is { } lengths ? SKPathEffect.CreateDash([.. lengths.Select(length => (float)length)], 0) : null;
            paint.PathEffect = dashes;
            draw(paint);
        }
    }

    private void PaintText(TextShape text)
    {
        using SKPaint paint = new() { IsAntialias = true, Color = ColourOf(text.Font.Colour) };
        using SKFont font = new() { Size = (float)text.Font.Size, Subpixel = true, Edging = SKFontEdging.Antialias, Hinting = SKFontHinting.None };
        using SKAutoCanvasRestore restore = new(_canvas);
        if (text.Upwards)
        {
            _canvas.RotateDegrees(-90, (float)text.Start.X, (float)text.Start.Y);
        }

        double x = text.Start.X;
        foreach (string letter in TextDirection.Lay(text.Text))
        {
            double width = FontMetrics.Width(letter, text.Font.Size, text.Font.Bold);
            SKTypeface own = text.Font.Bold ? _bold : _regular;
            font.Typeface = FontMetrics.Has(letter, text.Font.Bold) ? own : SystemFontFor(letter) ?? own;
            font.Size = (float)text.Font.Size;
            string shown = font.Typeface == own && !FontMetrics.Has(letter, text.Font.Bold) ? "\uFFFD" : FirstOfJoined(letter);

            // Another font's letter stands in the middle of its place, and is made narrower where it would cover its neighbours.
            ushort[] glyphs = font.Typeface.GetGlyphs(shown);
            double taken = font.MeasureText(glyphs);
            if (taken > 1.5 * width && width > 0)
            {
                font.Size *= (float)(width / taken);
                taken = width;
            }

            _canvas.DrawText(shown, (float)(x + ((width - taken) / 2)), (float)text.Start.Y, font, paint);
            x += width;
        }
    }

    // Pictures that are joined to one (a family) take shaping to be drawn as one; the first stands for them.
    private static string FirstOfJoined(string letter) => letter.Contains('\u200D', StringComparison.Ordinal) || letter.EndsWith('\uFE0F') ? Rune.GetRuneAt(letter, 0).ToString() : letter;

    private SKTypeface? SystemFontFor(string letter)
    {
        if (_others.TryGetValue(letter, out SKTypeface? known))
        {
            return known;
        }

        _systemFonts ??= [.. SKFontManager.Default.FontFamilies.OrderBy(family => !family.Contains("Emoji", StringComparison.Ordinal)).ThenBy(family => family, StringComparer.Ordinal).Select(family => SKTypeface.FromFamilyName(family)).OfType<SKTypeface>()];
        SKTypeface? found = Array.Find(_systemFonts, font => letter.EnumerateRunes().All(rune => rune.Value is 0x200D or 0xFE0F || font.ContainsGlyph(rune.Value)));
        if (found is null)
        {
            _missing.Add(letter);
        }

        return _others[letter] = found;
    }

    private static SKColor ColourOf(Colour colour) => new(colour.Red, colour.Green, colour.Blue, (byte)Math.Round(255 * colour.Opacity));
}
