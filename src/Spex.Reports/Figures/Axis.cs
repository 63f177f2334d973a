using System.Globalization;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>A scale of numbers along a line, with round ticks.</summary>
internal sealed class Axis
{
    private readonly double _low, _high, _from, _to, _step;

    /// <summary>Makes a scale.</summary>
    /// <param name="low">The least number.</param>
    /// <param name="high">The greatest; equal numbers get a span of their own.</param>
    /// <param name="from">Where the least number is.</param>
    /// <param name="to">Where the greatest is.</param>
    /// <param name="ticks">About how many ticks.</param>
    public Axis(double low, double high, double from, double to, int ticks = 5)
    {
        double span = high - low;
        if (!(span > 0))
        {
            span = Math.Max(1e-9, Math.Abs(high));
            (low, high) = (low - (span / 2), high + (span / 2));
        }

        (_low, _high, _from, _to) = (low, high, from, to);
        double raw = (high - low) / ticks, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        _step = power * ((raw / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 });
    }

    /// <summary>The numbers at which ticks stand.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            for (double k = Math.Ceiling((_low / _step) - 1e-9); k * _step <= _high + (1e-9 * _step); k++)
            {
                yield return k * _step;
            }
        }
    }

    /// <summary>Where a number is.</summary>
    public double At(double number) => _from + ((number - _low) / (_high - _low) * (_to - _from));

    /// <summary>A tick's number, with the decimals that the step needs.</summary>
    public string Name(double tick)
    {
        int decimals = Math.Clamp(-(int)Math.Floor(Math.Log10(_step) + 1e-9), 0, 12);
        string text = tick.ToString((Math.Abs(tick) >= 1e6 ? "0.##E+0" : "0.") + (decimals > 0 && Math.Abs(tick) < 1e6 ? new string('0', decimals) : ""), CultureInfo.InvariantCulture);
        return text.TrimStart('-').All(letter => letter is '0' or '.') ? text.TrimStart('-') : text;
    }

    /// <summary>Draws grid lines down a plot, the ticks' numbers below it, and the line of zero.</summary>
    public void DrawBelow(FigureFrame frame, double top, double bottom)
    {
        double last = double.NegativeInfinity;
        foreach (double tick in Ticks)
        {
            double x = At(tick), half = FontMetrics.Width(Name(tick), frame.Tick.Size) / 2;
            frame.Drawing.Line(x, top, x, bottom, new Stroke(Math.Abs(tick) < 1e-9 * _step ? frame.Colours.Muted : frame.Colours.Grid));
            if (x - half > last + 6)
            {
                frame.Drawing.Text(x, bottom + 15, Name(tick), frame.Tick, Anchor.Middle);
                last = x + half;
            }
        }
    }
}
