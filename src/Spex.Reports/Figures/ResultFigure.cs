using Spex.Core;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>Figures of a result.</summary>
/// <remarks>Everything drawn is in the result file. What is not drawn one by one is summed up as "others", so that nothing is hidden silently. Colours are told apart by colour-blind people, and a sign is also a shape.</remarks>
public static class ResultFigure
{
    /// <summary>Draws a figure.</summary>
    /// <param name="kind">What it shows.</param>
    /// <param name="result">The result.</param>
    /// <param name="settings">Width, how many one by one, ground.</param>
    /// <exception cref="SpexInputException">The result has nothing of this kind: a text figure of what is no text.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range.</exception>
    public static Drawing Draw(FigureKind kind, Result result, FigureSettings settings)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Check();
        return kind switch
        {
            FigureKind.Text => TextFigure.Draw(result, settings),
            FigureKind.Bar => BarFigure.Draw(result, settings),
            FigureKind.Network => NetworkFigure.Draw(result, settings),
            FigureKind.Upset => UpsetFigure.Draw(result, settings),
            FigureKind.Waterfall => WaterfallFigure.Draw(result, settings),
            FigureKind.Heatmap => HeatmapFigure.Draw(result, settings),
            FigureKind.Energy => EnergyFigure.Draw(result, settings),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of figure."),
        };
    }
}
