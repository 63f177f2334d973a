using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>The bar that says which colour is which strength.</summary>
internal static class ColourScale
{
    private const double Width = 220, Height = 12;
    private const int Steps = 44;

    /// <summary>Draws the scale from −largest to +largest below what was drawn last.</summary>
    public static void Draw(FigureFrame frame, double left, double largest, StrengthFormat numbers)
    {
        double x = Math.Min(left, frame.Right - Width), y = frame.Y + 6;
        for (int step = 0; step < Steps; step++)
        {
            double share = ((step + 0.5) / Steps * 2) - 1;
            frame.Drawing.Rectangle(new Box(x + (step * Width / Steps), y, Width / Steps, Height), frame.Colours.OnScale(share));
        }

        frame.Drawing.Rectangle(new Box(x, y, Width, Height), null, new Stroke(frame.Colours.Grid));
        frame.Drawing.Text(x, y + Height + 14, numbers.Of(-largest), frame.Tick);
        frame.Drawing.Text(x + (Width / 2), y + Height + 14, "0", frame.Tick, Anchor.Middle);
        frame.Drawing.Text(x + Width, y + Height + 14, numbers.Of(largest), frame.Tick, Anchor.End);
        frame.Y = y + Height + 18;
    }
}
