using System.CommandLine;
using Spex.Core;
using Spex.Core.Tables;
using Spex.Engine.ValueFunctions;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.TorchScript;

namespace Spex.Cli.Commands;

/// <summary>`spex explain table FILE --row K --model …` or `-- PROGRAM ARGS`: what a model says about a row of a table.</summary>
internal static class ExplainTableCommand
{
    private const string MeanWord = "mean", MedianWord = "median", MedoidsWord = "medoids";

    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string> file = new("FILE") { Description = "A CSV file whose first line names the columns." };
        Option<int?> row = OptionKinds.OptionalNumber("--row", "K", "The row that is explained: 1 is the first below the header.", 1, int.MaxValue);
        Option<string?> model = OptionKinds.FileName("--model", "A TorchScript file that takes rows, B x columns float32, and gives B values or B x C logits.");
        Option<string[]> target = new("--target-column") { HelpName = "NAME", Description = "A column that is no feature, such as what the model predicts; may be given several times." };
        Option<string[]> categorical = new("--categorical") { HelpName = "NAME", Description = "A column of categories: its background is the most frequent one. The model gets numbers as they are, words by their place in ordinal order from 0; may be given several times." };
        Option<string> background = OptionKinds.Choice(
            "--background", "HOW", "What stands in the place of a column that is switched off: the mean, the median, or each of some typical rows, over which the values are averaged.", [MeanWord, MedianWord, MedoidsWord]);
        Option<int> medoids = OptionKinds.Number("--medoids", "K", "How many typical rows (k medoids).", 1, KMedoids.MostRows, 10);
        Option<string?> backgroundFile = OptionKinds.FileName("--background-file", "A CSV file with the same columns to take the background from. [default: FILE itself]");
        Option<string?> name = new("--name") { Description = "What tells the program's function from others with the same arguments, for --samples.", HelpName = "NAME" };
        Argument<string[]> program = new("PROGRAM")
        {
            Description = "A program and its arguments, after --, instead of --model: reads a row of numbers a line, comma separated, and answers one number a line.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        ClassOptions classes = new("by number, where the module gives B x C logits");
        ExplainOptions options = new();
        Command command = new("table", "Explains what a model says about a row of a table: which columns, and which columns together.")
        {
            file, row, model, target, categorical, background, medoids, backgroundFile, name, program,
        };
        classes.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            string? modelFile = parsed.GetValue(model);
            string[] words = parsed.GetValue(program) ?? [];
            if (modelFile is null == (words.Length == 0))
            {
                throw new SpexInputException("Give a model, and one only: --model FILE, or a program after --, for example: spex explain table data.csv --row 1 -- python3 model.py");
            }

            int k = parsed.GetValue(row) ?? throw new SpexInputException("Say which row: --row K, 1 for the first below the header.");
            Table table = Table.Read(path, parsed.GetValue(target) ?? [], parsed.GetValue(categorical) ?? [], parsed.GetValue(backgroundFile));
            double[] numbers = table.Row(k);
            TableBackground behind = parsed.GetRequiredValue(background) switch
            {
                MeanWord => TableBackground.Mean(table),
                MedianWord => TableBackground.Median(table),
                _ => TableBackground.Medoids(table, parsed.GetValue(medoids)),
            };
            Subject subject = new("table", $"row {k} of {path}", "the number that the program answers", "column", [.. table.Columns.Select(column => column.Name)])
            {
                Columns = [.. table.Cells(k).Zip(behind.Descriptions, (cell, instead) => new ColumnValue(cell, instead))],
            };
            if (modelFile is null)
            {
                using CommandTableValueFunction command = new(numbers, behind, words[0], words[1..], parsed.GetValue(name));
                return ExplainRun.Invoke(subject, command, options, parsed, terminal, cancel);
            }

            using ReplicableModel<TorchScriptModule, TorchScriptTableValueFunction> explained = ChosenDevices.Explained(
                device => TorchScriptModule.Open(modelFile, device),
                module => new TorchScriptTableValueFunction(module, numbers, behind, classes.Target(parsed), classes.Measure(parsed)),
                options,
                parsed,
                terminal);
            return ExplainRun.Invoke(subject with { Value = explained.Function.Description }, explained, options, parsed, terminal, cancel);
        });
        return command;
    }
}
