namespace Spex.Reports.Figures;

/// <summary>How a figure is drawn.</summary>
public sealed record FigureSettings
{
    /// <summary>The least width that leaves room for names beside bars.</summary>
    public const int LeastWidth = 320;

    /// <summary>The greatest width.</summary>
    public const int MostWidth = 4000;

    /// <summary>The most rows, columns or features that are drawn one by one.</summary>
    public const int MostTop = 200;

    /// <summary>Width in pixels, 320 to 4,000; the height is what the content takes.</summary>
    public int Width { get; init; } = 760;

    /// <summary>How many of the strongest are drawn one by one, 1 to 200: interactions, or features in network and heatmap. The others are summed up.</summary>
    public int Top { get; init; } = 10;

    /// <summary>Whether the ground is dark.</summary>
    public bool Dark { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Width or Top is outside its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Width, LeastWidth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Width, MostWidth);
        ArgumentOutOfRangeException.ThrowIfLessThan(Top, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Top, MostTop);
    }
}
