using System.CommandLine;
using Spex.Reports;
using Spex.Reports.Figures;

namespace Spex.Cli.Commands;

/// <summary>`spex plot RESULT`: a figure of a saved result.</summary>
internal static class PlotCommand
{
    private const string DarkTheme = "dark";

    private static readonly string[] Kinds = [.. Enum.GetNames<FigureKind>().Select(name => name.ToLowerInvariant())];

    public static Command Create(Terminal terminal)
    {
        FigureSettings standard = new();
        Argument<string> file = new("RESULT") { Description = "A result that `spex explain … --result FILE` wrote." };
        Option<string?> kind = OptionKinds.OptionalChoice("--kind", "KIND", $"What it shows: {string.Join(", ", Kinds)}. [default: text for a text, otherwise bar]", Kinds);
        Option<string?> output = OptionKinds.FileName("--output", "The figure: FILE.svg or FILE.png.");
        output.Required = true;
        Option<int> width = OptionKinds.Number("--width", "PIXELS", "Its width; the height is what the content takes.", FigureSettings.LeastWidth, FigureSettings.MostWidth, standard.Width);
        Option<int> top = OptionKinds.Number(
            "--top", "N", "The most interactions (network, heatmap: features) that are drawn one by one; the others are summed up.", 1, FigureSettings.MostTop, standard.Top);
        Option<string> theme = OptionKinds.Choice("--theme", "THEME", "The ground.", ["light", DarkTheme]);
        Option<int> scale = OptionKinds.Number("--scale", "N", "Of a PNG: so many times as many pixels each way.", 1, 4, 2);
        Command command = new("plot", "Draws a saved result as SVG or PNG.") { file, kind, output, width, top, theme, scale };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output)!;
            FigureOutput.Check(path);
            Result result = ResultFile.Read(parsed.GetRequiredValue(file));
            FigureKind chosen = parsed.GetValue(kind) is { } name ? Enum.Parse<FigureKind>(name, ignoreCase: true) : result.Subject.Text is null ? FigureKind.Bar : FigureKind.Text;
            FigureSettings settings = new() { Width = parsed.GetValue(width), Top = parsed.GetValue(top), Dark = parsed.GetValue(theme) == DarkTheme };
            FigureOutput.Write(path, ResultFigure.Draw(chosen, result, settings), parsed.GetValue(scale), terminal);
            return SpexCommand.Done;
        });
        return command;
    }
}
