using System.CommandLine;
using Spex.Reports.Figures;

namespace Spex.Cli.Commands;

/// <summary>The options of verbs that draw.</summary>
internal sealed class FigureOptions
{
    private const string DarkTheme = "dark";

    /// <summary>Makes the options.</summary>
    /// <param name="outputRequired">Whether there is nothing to do without a figure.</param>
    public FigureOptions(bool outputRequired) =>
        Output = new Option<string?>("--output") { HelpName = "FILE", Description = "The figure: FILE.svg or FILE.png.", Required = outputRequired };

    public Option<string?> Output { get; }

    public Option<int> Width { get; } = OptionKinds.Number(
        "--width", "PIXELS", "The figure's width; the height is what the content takes.", FigureSettings.LeastWidth, FigureSettings.MostWidth, new FigureSettings().Width);

    public Option<string> Theme { get; } = OptionKinds.Choice("--theme", "THEME", "The figure's ground.", ["light", DarkTheme]);

    public Option<int> Scale { get; } = OptionKinds.Number("--scale", "N", "Of a PNG: so many times as many pixels each way.", 1, 4, 2);

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Output, Width, Theme, Scale])
        {
            command.Add(option);
        }
    }

    /// <summary>The settings that were given.</summary>
    public FigureSettings Read(ParseResult parsed, int top) => new() { Width = parsed.GetValue(Width), Top = top, Dark = parsed.GetValue(Theme) == DarkTheme };
}
