using System.CommandLine;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Reports;

namespace Spex.Cli.Commands;

/// <summary>`spex export RESULT`: a saved result in the forms of other tools.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Argument<string> file = new("RESULT") { Description = "A result that `spex explain … --result FILE` wrote." };
        Option<string?> json = OptionKinds.FileName("--json", "Writes the interactions as JSON that shapiq loads.");
        Option<string?> spectrum = OptionKinds.FileName("--spectrum", "Writes the spectrum as a sparse function: a game file.");
        Option<string?> csv = OptionKinds.FileName("--csv", "Writes the interactions as a table: comma-separated values.");
        Option<string?> parquet = OptionKinds.FileName("--parquet", "Writes the interactions as a table: Parquet.");
        Command command = new("export", "Writes a saved result in the forms of other tools.") { file, json, spectrum, csv, parquet };
        command.SetAction(parsed =>
        {
            (Option<string?> Option, Action<string, Result> Write)[] forms =
            [
                (json, (path, result) => InteractionValuesFile.Write(path, result.Explanation.Interactions, result.Explanation.EstimationBudget)),
                (spectrum, (path, result) => SpectrumFile.Write(path, result.Explanation.Spectrum, result.Subject.FeatureNames, writer => ResultFile.WriteRun(writer, result.Explanation.Run))),
                (csv, (path, result) => InteractionTable.WriteCsv(path, result.Subject, result.Explanation)),
                (parquet, (path, result) => InteractionTable.WriteParquet(path, result.Subject, result.Explanation)),
            ];
            (string Path, Action<string, Result> Write)[] wanted = [.. forms.Where(form => parsed.GetValue(form.Option) is not null).Select(form => (parsed.GetValue(form.Option)!, form.Write))];
            if (wanted.Length == 0)
            {
                throw new SpexInputException("There is nothing to write: give --json, --spectrum, --csv or --parquet with a file.");
            }

            foreach ((string path, _) in wanted)
            {
                OutputFile.Check(path);
            }

            Result result = ResultFile.Read(parsed.GetRequiredValue(file));
            foreach ((string path, Action<string, Result> write) in wanted)
            {
                write(path, result);
            }

            return SpexCommand.Done;
        });
        return command;
    }
}
