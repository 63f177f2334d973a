using System.CommandLine;
using Spex.Core;
using Spex.Reports;
using Spex.Reports.Comparisons;
using Spex.Reports.Figures;

namespace Spex.Cli.Commands;

/// <summary>`spex compare A B [C…]`: saved results side by side.</summary>
internal static class CompareCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> files = new("RESULT") { Description = $"Two to {Comparison.MostResults} results that `spex explain … --result FILE` wrote.", Arity = ArgumentArity.OneOrMore };
        Option<int> top = OptionKinds.Number("--top", "N", "The most interactions in each table, and how many of the strongest are held against each other.", 1, FigureSettings.MostTop, 10);
        FigureOptions figure = new(outputRequired: false);
        Command command = new("compare", "Shows saved results side by side: what they share, where they differ, and how far each can be trusted.") { files, top };
        figure.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetRequiredValue(files);
            if (parsed.GetValue(figure.Output) is { } output)
            {
                FigureOutput.Check(output);
            }

            if (paths.Length < 2)
            {
                throw new SpexInputException($"One result was given; from 2 to {Comparison.MostResults} are compared.");
            }

            Comparison comparison = Comparison.Of([.. paths.Select(ResultFile.Read)], paths);
            ComparisonReport.Write(terminal.OutputConsole, comparison, parsed.GetValue(top));
            if (parsed.GetValue(figure.Output) is { } path)
            {
                FigureOutput.Write(path, ComparisonFigure.Draw(comparison, figure.Read(parsed, parsed.GetValue(top))), parsed.GetValue(figure.Scale), terminal);
            }

            return SpexCommand.Done;
        });
        return command;
    }
}
