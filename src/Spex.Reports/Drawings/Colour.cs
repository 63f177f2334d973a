using System.Globalization;

namespace Spex.Reports.Drawings;

/// <summary>A colour: red, green and blue from 0 to 255, and how much of what lies below it covers.</summary>
internal readonly record struct Colour(byte Red, byte Green, byte Blue, double Opacity = 1)
{
    /// <summary>#RRGGBB.</summary>
    public string Hex => string.Create(CultureInfo.InvariantCulture, $"#{Red:X2}{Green:X2}{Blue:X2}");

    // Relative luminance (WCAG 2).
    private double Luminance => (0.2126 * Linear(Red)) + (0.7152 * Linear(Green)) + (0.0722 * Linear(Blue));

    /// <summary>The colour of #RRGGBB.</summary>
    public static Colour Of(string hex) => new(
        byte.Parse(hex.AsSpan(1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        byte.Parse(hex.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        byte.Parse(hex.AsSpan(5, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>The colour with that share of another: 0 is this one, 1 the other.</summary>
    public Colour Towards(Colour other, double share)
    {
        byte Mix(byte a, byte b) => (byte)Math.Clamp(Math.Round(a + ((b - a) * share)), 0, 255);
        return new(Mix(Red, other.Red), Mix(Green, other.Green), Mix(Blue, other.Blue), Opacity);
    }

    /// <summary>The same colour, through which what lies below it is seen.</summary>
    public Colour Through(double opacity) => this with { Opacity = opacity };

    /// <summary>White where it stands out from this colour, at a contrast of 3 (WCAG 2, for bold and large letters), otherwise black.</summary>
    public Colour Ink => 1.05 / (Luminance + 0.05) >= 3 ? new(255, 255, 255) : new(17, 17, 17);

    private static double Linear(byte part) => part <= 10 ? part / 255.0 / 12.92 : Math.Pow(((part / 255.0) + 0.055) / 1.055, 2.4);
}
