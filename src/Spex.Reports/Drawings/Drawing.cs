namespace Spex.Reports.Drawings;

/// <summary>A figure as a list of shapes, which are written as SVG or painted as PNG: one drawing, two forms.</summary>
/// <remarks>The origin is the upper left corner, y grows downwards, and a unit is a pixel of the PNG at scale 1. Later shapes lie above earlier ones.</remarks>
public sealed class Drawing
{
    private readonly List<Shape> _shapes = [];

    /// <summary>Starts a drawing.</summary>
    /// <param name="width">Width in pixels.</param>
    /// <param name="background">The ground's colour.</param>
    /// <param name="title">What is seen, for those who cannot see it.</param>
    internal Drawing(double width, Colour background, string title)
    {
        Width = width;
        Background = background;
        Title = title;
    }

    /// <summary>Width in pixels.</summary>
    public double Width { get; }

    /// <summary>Height in pixels.</summary>
    public double Height { get; internal set; }

    /// <summary>What is seen, for those who cannot see it.</summary>
    public string Title { get; }

    /// <summary>The ground's colour.</summary>
    internal Colour Background { get; }

    /// <summary>The shapes, from the lowest to the topmost.</summary>
    internal IReadOnlyList<Shape> Shapes => _shapes;

    /// <summary>A straight line.</summary>
    internal void Line(double x1, double y1, double x2, double y2, Stroke stroke) => _shapes.Add(new PathShape([new(x1, y1), new(x2, y2)], false, false, null, stroke));

    /// <summary>A line along points.</summary>
    internal void Polyline(IReadOnlyList<Point> points, Stroke stroke) => _shapes.Add(new PathShape(points, false, false, null, stroke));

    /// <summary>A closed outline of straight lines.</summary>
    internal void Polygon(IReadOnlyList<Point> points, Colour? fill, Stroke? stroke = null, string? tip = null) =>
        _shapes.Add(new PathShape(points, true, false, fill, stroke) { Tip = tip });

    /// <summary>A cubic Bézier curve.</summary>
    internal void Curve(Point from, Point firstControl, Point secondControl, Point to, Stroke stroke, string? tip = null) =>
        _shapes.Add(new PathShape([from, firstControl, secondControl, to], false, true, null, stroke) { Tip = tip });

    /// <summary>A rectangle, with rounded corners where a radius is given.</summary>
    internal void Rectangle(Box box, Colour? fill, Stroke? stroke = null, double radius = 0, string? tip = null) =>
        _shapes.Add(new RectangleShape(box, fill, stroke, radius) { Tip = tip });

    /// <summary>A circle.</summary>
    internal void Circle(Point centre, double radius, Colour? fill, Stroke? stroke = null, string? tip = null) =>
        _shapes.Add(new CircleShape(centre, radius, fill, stroke) { Tip = tip });

    /// <summary>A line of text.</summary>
    /// <param name="x">Where it starts, ends or has its middle.</param>
    /// <param name="y">Its baseline.</param>
    /// <param name="text">The text; line breaks and other control characters are made visible.</param>
    /// <param name="font">Size, weight and colour.</param>
    /// <param name="anchor">What of the text is at x.</param>
    /// <returns>The text's width.</returns>
    internal double Text(double x, double y, string text, Font font, Anchor anchor = Anchor.Start)
    {
        string line = PlainText.OneLine(text);
        if (line.Length == 0)
        {
            return 0;
        }

        double width = FontMetrics.Width(line, font.Size, font.Bold);
        double left = anchor switch { Anchor.Start => x, Anchor.Middle => x - (width / 2), _ => x - width };
        _shapes.Add(new TextShape(new Point(left, y), width, line, font));
        return width;
    }

    /// <summary>A line of text that is read from below upwards.</summary>
    /// <param name="x">Its baseline.</param>
    /// <param name="y">Where it starts, at its lower end.</param>
    /// <param name="text">The text.</param>
    /// <param name="font">Size, weight and colour.</param>
    internal void TextUpwards(double x, double y, string text, Font font)
    {
        string line = PlainText.OneLine(text);
        if (line.Length > 0)
        {
            _shapes.Add(new TextShape(new Point(x, y), FontMetrics.Width(line, font.Size, font.Bold), line, font) { Upwards = true });
        }
    }

    /// <summary>Writes the drawing as SVG: one file, no script, no network, no font of its own.</summary>
    public string ToSvg() => SvgPainter.Paint(this);

    /// <summary>Paints the drawing as PNG, with the library's own font; characters that this lacks are taken from the system's fonts.</summary>
    /// <param name="scale">Pixels a unit; 2 suits displays of high density.</param>
    /// <param name="missing">The characters that no font has; boxes stand for them.</param>
    /// <exception cref="Core.SpexException">The drawing library cannot be loaded here, or the picture is too large for it.</exception>
    public byte[] ToPng(double scale, out IReadOnlyList<string> missing)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        return PngPainter.Paint(this, scale, out missing);
    }
}
