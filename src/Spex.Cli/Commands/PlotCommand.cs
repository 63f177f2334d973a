using System.CommandLine;
using Spex.Reports;
using Spex.Reports.Figures;

namespace Spex.Cli.Commands;

/// <summary>`spex plot RESULT`: a figure of a saved result.</summary>
internal static class PlotCommand
{
    private static readonly string[] Kinds = [.. Enum.GetNames<FigureKind>().Select(name => name.ToLowerInvariant())];

    public static Command Create(Terminal terminal)
    {
        Argument<string> file = new("RESULT") { Description = "A result that `spex explain … --result FILE` wrote." };
        Option<string?> kind = OptionKinds.OptionalChoice("--kind", "KIND", $"What it shows: {string.Join(", ", Kinds)}. [default: text for a text, otherwise bar]", Kinds);
        Option<int> top = OptionKinds.Number(
            "--top", "N", "The most interactions (network, heatmap: features) that are drawn one by one; the others are summed up.", 1, FigureSettings.MostTop, new FigureSettings().Top);
        FigureOptions figure = new(outputRequired: true);
        Command command = new("plot", "Draws a saved result as SVG or PNG.") { file, kind, top };
        figure.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(figure.Output)!;
            FigureOutput.Check(path);
            Result result = ResultFile.Read(parsed.GetRequiredValue(file));
            FigureKind chosen = parsed.GetValue(kind) is { } name ? Enum.Parse<FigureKind>(name, ignoreCase: true) : result.Subject.Text is null ? FigureKind.Bar : FigureKind.Text;
            FigureOutput.Write(path, ResultFigure.Draw(chosen, result, figure.Read(parsed, parsed.GetValue(top))), parsed.GetValue(figure.Scale), terminal);
            return SpexCommand.Done;
        });
        return command;
    }
}
