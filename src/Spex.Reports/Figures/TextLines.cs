using System.Text;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>A text set in lines: where each unit of it stands.</summary>
/// <remarks>A unit of several words may reach over several lines; it has a piece on each.</remarks>
internal sealed class TextLines
{
    private readonly List<Piece> _pieces = [];
    private readonly double _width, _space;
    private double _x;
    private int _line;

    /// <summary>Sets a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="spans">Where each unit stands in it, in order.</param>
    /// <param name="size">Font size.</param>
    /// <param name="width">Width of the lines.</param>
    public TextLines(string text, IReadOnlyList<(int Start, int Length)> spans, double size, double width)
    {
        (Size, _width, _space) = (size, width, FontMetrics.Width(" ", size) + (size > 16 ? 0.25 * size : 0));
        IsRightToLeft = TextDirection.IsRightToLeft(text);
        int at = 0;
        bool spaceBefore = false;
        foreach (int unit in Enumerable.Range(0, spans.Count).OrderBy(i => spans[i].Start))
        {
            (int start, int length) = spans[unit];
            if (start > at)
            {
                Set(text[at..start], null, ref spaceBefore);
            }

            Set(text.Substring(start, length), unit, ref spaceBefore);
            at = Math.Max(at, start + length);
        }

        Set(text[at..], null, ref spaceBefore);
        Count = _pieces.Count == 0 ? 0 : _line + 1;
    }

    /// <summary>Font size.</summary>
    public double Size { get; }

    /// <summary>Number of lines.</summary>
    public int Count { get; }

    /// <summary>Whether the text runs from right to left; places are then counted from the right.</summary>
    public bool IsRightToLeft { get; }

    /// <summary>The pieces in the text's order; those of one unit on one line are one.</summary>
    public IReadOnlyList<Piece> Pieces => _pieces;

    /// <summary>A piece of a unit, or of what stands between units (null), on one line.</summary>
    /// <param name="Unit">The unit.</param>
    /// <param name="Line">The line.</param>
    /// <param name="X">Where it starts.</param>
    /// <param name="Width">How wide it is.</param>
    /// <param name="Text">Its letters.</param>
    public sealed record Piece(int? Unit, int Line, double X, double Width, string Text)
    {
        public double Centre => X + (Width / 2);
    }

    private void Set(string part, int? unit, ref bool spaceBefore)
    {
        StringBuilder word = new();
        foreach (char letter in part)
        {
            if (!char.IsWhiteSpace(letter))
            {
                word.Append(letter);
                continue;
            }

            Place(word, unit, ref spaceBefore);
            spaceBefore = true;
            if (letter == '\n' && _x > 0)
            {
                Break();
            }
        }

        Place(word, unit, ref spaceBefore);
    }

    private void Place(StringBuilder word, int? unit, ref bool spaceBefore)
    {
        if (word.Length == 0)
        {
            return;
        }

        string shown = FontMetrics.Fit(PlainText.CutMiddle(word.ToString(), 60), Size, _width);
        word.Clear();
        double width = FontMetrics.Width(shown, Size), gap = spaceBefore && _x > 0 ? _space : 0;

        // Signs that follow a word without a space stay at it, unless they are long.
        bool mayBreak = spaceBefore || width > 3 * Size;
        if (_x > 0 && _x + gap + width > _width && (mayBreak || _x + width > _width + (2 * Size)))
        {
            Break();
            gap = 0;
        }

        if (unit is not null && _pieces.Count > 0 && _pieces[^1] is { } last && last.Unit == unit && last.Line == _line)
        {
            _pieces[^1] = last with { Width = _x + gap + width - last.X, Text = $"{last.Text}{(gap > 0 ? " " : "")}{shown}" };
        }
        else
        {
            _pieces.Add(new Piece(unit, _line, _x + gap, width, shown));
        }

        _x += gap + width;
        spaceBefore = false;
    }

    private void Break()
    {
        _line++;
        _x = 0;
    }
}
