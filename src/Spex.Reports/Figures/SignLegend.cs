using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>What colour and shape say of a sign: an unbroken line and a circle raise the value, a dashed line and a square lower it.</summary>
internal static class SignLegend
{
    /// <summary>Draws the two signs below what was drawn last.</summary>
    public static void Draw(FigureFrame frame, string raises, string lowers)
    {
        double x = FigureFrame.Margin, y = frame.Y + 14;
        foreach ((string name, double sign) in (ReadOnlySpan<(string, double)>)[(raises, 1), (lowers, -1)])
        {
            if (x > FigureFrame.Margin && x + 46 + FontMetrics.Width(name, frame.Tick.Size) > frame.Right)
            {
                (x, y) = (FigureFrame.Margin, y + 18);
            }

            Node(frame, new Point(x + 6, y - 4), 5, sign, null);
            frame.Drawing.Line(x + 16, y - 4, x + 40, y - 4, new Stroke(frame.Colours.Of(sign), 2.5, sign < 0 ? [6, 4] : null));
            x += 46;
            x += frame.Drawing.Text(x, y, name, frame.Tick) + 22;
        }

        frame.Y = y + 4;
    }

    /// <summary>A node: a circle, or a square of the same area.</summary>
    public static void Node(FigureFrame frame, Point centre, double size, double strength, string? tip)
    {
        Stroke rim = new(frame.Colours.Background, 1.5);
        if (strength < 0)
        {
            double half = 0.886 * size;
            frame.Drawing.Rectangle(new Box(centre.X - half, centre.Y - half, 2 * half, 2 * half), frame.Colours.Negative, rim, 1, tip);
        }
        else
        {
            frame.Drawing.Circle(centre, size, strength == 0 ? frame.Colours.Other : frame.Colours.Positive, rim, tip);
        }
    }
}
