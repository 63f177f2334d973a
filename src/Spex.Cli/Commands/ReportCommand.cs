using System.CommandLine;
using Spex.Core.Formats;
using Spex.Reports;

namespace Spex.Cli.Commands;

/// <summary>`spex report RESULT`: shows a saved result again.</summary>
internal static class ReportCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> file = new("RESULT") { Description = "A result that `spex explain … --result FILE` wrote." };
        Option<string?> html = OptionKinds.FileName("--html", "Writes a page to read and click: one HTML file that needs no network.");
        Option<int> top = OptionKinds.Number("--top", "N", "The most interactions to list on the terminal.", 1, 1_000_000, 10);
        Option<bool> quiet = new("--quiet") { Description = "Writes the page only; nothing on stdout." };
        Command command = new("report", "Shows a saved result again: on the terminal, and as a page.") { file, html, top, quiet };
        command.SetAction(parsed =>
        {
            Result result = ResultFile.Read(parsed.GetRequiredValue(file));
            if (parsed.GetValue(html) is { } path)
            {
                OutputFile.Check(path);
                HtmlReport.Write(path, result.Subject, result.Explanation);
            }

            if (!parsed.GetValue(quiet))
            {
                ConsoleReport.Write(terminal.OutputConsole, result.Subject, result.Explanation, parsed.GetValue(top));
            }

            return SpexCommand.Done;
        });
        return command;
    }
}
