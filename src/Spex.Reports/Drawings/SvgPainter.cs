using System.Globalization;
using System.Text;

namespace Spex.Reports.Drawings;

/// <summary>Writes a drawing as SVG 1.1.</summary>
/// <remarks>
/// A text names the width that was measured for it (textLength), so that it takes no more where a viewer has none of the fonts. Numbers have a tenth of a pixel: the
/// same drawing is the same text on every machine.
/// </remarks>
internal static class SvgPainter
{
    public static string Paint(Drawing drawing)
    {
        StringBuilder svg = new();
        string width = Number(drawing.Width), height = Number(drawing.Height), title = Escape(drawing.Title);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" ");
        svg.Append("font-family=\"Arimo, Arial, Helvetica, 'Liberation Sans', sans-serif\" role=\"img\" aria-label=\"").Append(title).Append("\">\n");
        svg.Append("<title>").Append(title).Append("</title>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{width}\" height=\"{height}\"{Fill(drawing.Background)}/>\n");
        foreach (Shape shape in drawing.Shapes)
        {
            Append(svg, shape);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Append(StringBuilder svg, Shape shape)
    {
        string name = shape switch { PathShape => "path", RectangleShape => "rect", CircleShape => "circle", _ => "text" };
        svg.Append('<').Append(name).Append(shape switch
        {
            PathShape path => $" d=\"{Data(path)}\"{Fill(path.Fill)}{Outline(path.Stroke)}",
            RectangleShape rectangle =>
                $" x=\"{Number(rectangle.Box.X)}\" y=\"{Number(rectangle.Box.Y)}\" width=\"{Number(rectangle.Box.Width)}\" height=\"{Number(rectangle.Box.Height)}\""
                + $"{(rectangle.Radius > 0 ? $" rx=\"{Number(rectangle.Radius)}\"" : "")}{Fill(rectangle.Fill)}{Outline(rectangle.Stroke)}",
            CircleShape circle => $" cx=\"{Number(circle.Centre.X)}\" cy=\"{Number(circle.Centre.Y)}\" r=\"{Number(circle.Radius)}\"{Fill(circle.Fill)}{Outline(circle.Stroke)}",
            TextShape text =>
                $" x=\"{Number(text.Start.X)}\" y=\"{Number(text.Start.Y)}\" font-size=\"{Number(text.Font.Size)}\"{(text.Font.Bold ? " font-weight=\"bold\"" : "")}"
                + $" textLength=\"{Number(text.Width)}\" lengthAdjust=\"spacingAndGlyphs\"{(text.Upwards ? $" transform=\"rotate(-90 {Number(text.Start.X)} {Number(text.Start.Y)})\"" : "")}{Fill(text.Font.Colour)}",
            _ => throw new InvalidOperationException($"There is no way to write a {shape.GetType().Name}."),
        });
        string content = shape is TextShape letters ? Escape(letters.Text) : shape.Tip is { } tip ? $"<title>{Escape(PlainText.OneLine(tip))}</title>" : "";
        svg.Append(content.Length == 0 ? "/>\n" : $">{content}</{name}>\n");
    }

    private static string Data(PathShape path)
    {
        StringBuilder data = new();
        for (int i = 0; i < path.Points.Count; i++)
        {
            data.Append(i == 0 ? "M" : path.Curved && i == 1 ? " C" : path.Curved ? " " : " L").Append(Number(path.Points[i].X)).Append(' ').Append(Number(path.Points[i].Y));
        }

        return data.Append(path.Closed ? " Z" : "").ToString();
    }

    private static string Fill(Colour? fill) => fill is not { } colour ? " fill=\"none\"" : $" fill=\"{colour.Hex}\"{(colour.Opacity < 1 ? $" fill-opacity=\"{Share(colour.Opacity)}\"" : "")}";

    private static string Outline(Stroke? stroke)
    {
        if (stroke is null)
        {
            return "";
        }

        string opacity = stroke.Colour.Opacity < 1 ? $" stroke-opacity=\"{Share(stroke.Colour.Opacity)}\"" : "";
        string dashes = stroke.Dashes is { } lengths ? $" stroke-dasharray=\"{string.Join(' ', lengths.Select(Number))}\"" : "";
        return $" stroke=\"{stroke.Colour.Hex}\"{opacity} stroke-width=\"{Number(stroke.Width)}\"{dashes}";
    }

    private static string Number(double number) => Math.Round(number, 1).ToString("0.#", CultureInfo.InvariantCulture) is var text && text == "-0" ? "0" : text;

    private static string Share(double share) => share.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
