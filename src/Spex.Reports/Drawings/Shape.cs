namespace Spex.Reports.Drawings;

/// <summary>What of a text is at the place that is given for it.</summary>
internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>A place.</summary>
internal readonly record struct Point(double X, double Y);

/// <summary>An upright rectangle.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;

    public double Bottom => Y + Height;

    /// <summary>Whether the inner parts of the two have a point in common; a hair's breadth does not count.</summary>
    public bool Overlaps(Box other) => X < other.Right - 0.5 && other.X < Right - 0.5 && Y < other.Bottom - 0.5 && other.Y < Bottom - 0.5;
}

/// <summary>How an outline is drawn.</summary>
/// <param name="Colour">Its colour.</param>
/// <param name="Width">Its width.</param>
/// <param name="Dashes">Lengths of dash and gap; null for an unbroken line.</param>
internal sealed record Stroke(Colour Colour, double Width = 1, IReadOnlyList<double>? Dashes = null);

/// <summary>How a text is set.</summary>
internal sealed record Font(double Size, Colour Colour, bool Bold = false);

/// <summary>One element of a drawing.</summary>
internal abstract record Shape
{
    /// <summary>What a viewer tells of it when it is pointed at.</summary>
    public string? Tip { get; init; }
}

/// <summary>Points joined by straight lines, or the four points of a cubic Bézier curve.</summary>
internal sealed record PathShape(IReadOnlyList<Point> Points, bool Closed, bool Curved, Colour? Fill, Stroke? Stroke) : Shape;

internal sealed record RectangleShape(Box Box, Colour? Fill, Stroke? Stroke, double Radius) : Shape;

internal sealed record CircleShape(Point Centre, double Radius, Colour? Fill, Stroke? Stroke) : Shape;

/// <summary>A line of text that begins at a point of its baseline and is as wide as was measured.</summary>
internal sealed record TextShape(Point Start, double Width, string Text, Font Font) : Shape
{
    /// <summary>Whether it is read from below upwards.</summary>
    public bool Upwards { get; init; }

    /// <summary>The place that its letters take.</summary>
    public Box Box => Upwards
        ? new(Start.X - (0.75 * Font.Size), Start.Y - Width, 0.95 * Font.Size, Width)
        : new(Start.X, Start.Y - (0.75 * Font.Size), Width, 0.95 * Font.Size);
}
