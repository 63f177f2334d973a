using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Engine.Benchmarking;
using Spex.Engine.ValueFunctions;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.Sentiment;

namespace Spex.Cli.Commands;

/// <summary>`spex benchmark faithfulness`: methods against each other on the same value functions.</summary>
internal static class BenchmarkCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel) =>
        new("benchmark", "Compares methods on the same value functions.") { Faithfulness(terminal, cancel) };

    private static Command Faithfulness(Terminal terminal, CancellationToken cancel)
    {
        Argument<string[]> files = new("FILE") { Description = "Game files.", Arity = ArgumentArity.ZeroOrMore };
        Option<string?> text = OptionKinds.FileName("--text", "Texts for the built-in sentiment model, one a line.");
        Option<string> methods = OptionKinds.Checked(
            "--methods", "A,B,…", "The methods; faith-banzhaf:2 sets an order, for lasso, faith-banzhaf, faith-shap and stii. [default: all but exact, orders 1 and 2]", "", Wrong);
        Option<string> budgets = OptionKinds.Checked(
            "--budgets", "N,M,…", "Ablations that every method gets.", "500,1000,2000", given => Numbers(given) is null ? $"--budgets takes whole numbers above 0, with commas between; got {given}." : null);
        Option<int> seeds = OptionKinds.Number("--seeds", "K", "Seeds 0 … K−1.", 1, 1000, 1);
        Option<int> masks = OptionKinds.Number("--masks", "K", "Validation masks.", 2, 1 << 20, 1000);
        Option<int> removals = OptionKinds.Number("--removals", "R", "Rem(r) is measured for r = 1 … R.", 0, 7, 7);
        Option<string?> output = OptionKinds.FileName("--output", "Keeps each cell as a line of JSON; cells that it holds are not run again.");
        Option<string?> svg = OptionKinds.FileName("--svg", "Draws R² over ablations.");
        ExplainOptions explain = new();
        Command command = new("faithfulness", "R² on unseen masks, removals, recall and time of each method, with the same number of ablations.")
        {
            files, text, methods, budgets, seeds, masks, removals, output, svg, explain.Device, explain.Threads,
        };
        command.SetAction(parsed =>
        {
            List<IDisposable> owned = [];
            try
            {
                List<BenchmarkSubject> subjects = [.. (parsed.GetValue(files) ?? []).SelectMany(Games)];
                if (parsed.GetValue(text) is { } path)
                {
                    SentimentModel model = SentimentModel.LoadBuiltIn(ChosenDevices.OfModel(explain, parsed, terminal));
                    owned.Add(model);
                    subjects.AddRange(Texts(model, path, owned));
                }

                if (subjects.Count == 0)
                {
                    throw new SpexInputException("There is nothing to compare on: give game files, or --text FILE.");
                }

                string[] chosen = parsed.GetRequiredValue(methods) is { Length: > 0 } given ? Words(given) : [.. BenchmarkMethod.Usual];
                IValueFunction representative = subjects.Select(subject => subject.Function).MaxBy(function => function is ITorchValueFunction)!;
                using ChosenDevices devices = ChosenDevices.Open(representative, explain, parsed, terminal);
                FaithfulnessBenchmark benchmark = new(devices.First, parsed.GetValue(masks), parsed.GetValue(removals));
                IReadOnlyList<BenchmarkCell> cells = Run(benchmark, devices, subjects, chosen, Numbers(parsed.GetRequiredValue(budgets))!, parsed.GetValue(seeds), parsed.GetValue(output), terminal, cancel);
                BenchmarkReport.Write(terminal.OutputConsole, cells);
                if (parsed.GetValue(svg) is { } figure)
                {
                    OutputFile.Check(figure);
                    File.WriteAllText(figure, FaithfulnessFigure.Draw(cells));
                }

                return SpexCommand.Done;
            }
            finally
            {
                owned.Reverse();
                owned.ForEach(one => one.Dispose());
            }
        });
        return command;
    }

    private static List<BenchmarkCell> Run(
        FaithfulnessBenchmark benchmark, ChosenDevices devices, List<BenchmarkSubject> subjects, string[] methods, long[] budgets, int seeds, string? output, Terminal terminal, CancellationToken cancel)
    {
        List<BenchmarkCell> known = output is null ? [] : [.. BenchmarkFile.Read(output)];
        List<BenchmarkCell> cells = [];
        foreach (BenchmarkSubject given in subjects)
        {
            BenchmarkSubject subject = given with { Function = devices.On(given.Function) };
            foreach ((string method, long budget, int seed) in from method in methods from budget in budgets from seed in Enumerable.Range(0, seeds) select (method, budget, seed))
            {
                cancel.ThrowIfCancellationRequested();
                BenchmarkCell wanted = benchmark.CellOf(subject, method, budget, (ulong)seed);
                BenchmarkCell? cell = known.Find(wanted.IsSameRun);
                if (cell is null)
                {
                    cell = benchmark.Run(subject, method, budget, (ulong)seed, cancel);
                    if (output is not null)
                    {
                        BenchmarkFile.Append(output, cell);
                    }
                }

                cells.Add(cell);
            }

            terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{subject.Name}: {cells.Count} of {subjects.Count * methods.Length * budgets.Length * seeds} cells"));
        }

        return cells;
    }

    private static IEnumerable<BenchmarkSubject> Games(string path)
    {
        string file = Path.GetFileNameWithoutExtension(path);
        foreach ((string name, Game game) in GameFile.ReadAll(path))
        {
            yield return new BenchmarkSubject(name.Length > 0 ? name : file, new GameValueFunction(game), game);
        }
    }

    private static IEnumerable<BenchmarkSubject> Texts(SentimentModel model, string path, List<IDisposable> owned)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException($"{path} cannot be read: {error.Message}", error);
        }

        foreach (string line in lines.Where(line => !string.IsNullOrWhiteSpace(line)))
        {
            ReplicableModel<SentimentModel, SentimentValueFunction> function = new(
                model, SentimentModel.LoadBuiltIn, opened => new SentimentValueFunction(opened, line, new SentimentValueOptions(null, Spex.Torch.Text.TextUnit.Word)));
            owned.Add(function);
            yield return new BenchmarkSubject(Headline.Of(line), function);
        }
    }

    private static string[] Words(string given) => given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string? Wrong(string given)
    {
        try
        {
            Array.ForEach(Words(given), method => BenchmarkMethod.Parse(method));
            return null;
        }
        catch (SpexInputException error)
        {
            return error.Message;
        }
    }

    private static long[]? Numbers(string given)
    {
        long[] numbers = [.. Words(given).Select(word => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0)];
        return numbers.Length == 0 || numbers.Contains(0) ? null : numbers;
    }
}
