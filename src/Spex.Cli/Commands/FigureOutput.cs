using System.Text;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Reports.Drawings;

namespace Spex.Cli.Commands;

/// <summary>Files of figures: SVG or PNG, by the name's ending.</summary>
internal static class FigureOutput
{
    /// <summary>Finds out before anything is drawn whether the file can be written, and as what.</summary>
    /// <exception cref="SpexInputException">The name ends otherwise, or the file cannot be written.</exception>
    public static void Check(string path)
    {
        if (!IsSvg(path) && !IsPng(path))
        {
            throw new SpexInputException($"{path} ends in neither .svg nor .png; the ending says what the figure is written as.");
        }

        OutputFile.Check(path);
    }

    /// <summary>Writes a figure.</summary>
    /// <param name="path">The file.</param>
    /// <param name="drawing">The figure.</param>
    /// <param name="scale">Of a PNG: pixels a unit.</param>
    /// <param name="terminal">Is told which letters no font has.</param>
    /// <exception cref="SpexException">The file cannot be written, or the PNG not be painted.</exception>
    public static void Write(string path, Drawing drawing, int scale, Terminal terminal)
    {
        IReadOnlyList<string> missing = [];
        byte[] bytes = IsSvg(path) ? Encoding.UTF8.GetBytes(drawing.ToSvg()) : drawing.ToPng(scale, out missing);
        OutputFile.Write(path, stream => stream.Write(bytes));
        if (missing.Count > 0)
        {
            terminal.Error.WriteLine($"No font here has {string.Join(' ', missing.Take(20))}{(missing.Count > 20 ? " …" : "")}: boxes stand for them. Install a font that has, or write .svg, which leaves fonts to the viewer.");
        }
    }

    private static bool IsSvg(string path) => path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase);

    private static bool IsPng(string path) => path.EndsWith(".png", StringComparison.OrdinalIgnoreCase);
}
