using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Explaining;
using Spex.Engine.Optimisation;
using Spex.Engine.ValueFunctions;
using Spex.Reports;
using Spex.Torch.Heads;

namespace Spex.Cli.Commands;

/// <summary>`spex prune heads --keep 83%`: the best set of heads of a size under a spectrum, beside what it is compared with, on held-out questions.</summary>
internal static class PruneHeadsCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        HeadOptions heads = new();
        ExplainOptions explain = new();
        Option<string> keep = OptionKinds.Checked(
            "--keep", "K|P%", "How many heads are kept: a number, or a share such as 83%.", "", given => TryKeep(given, 100, out _) ? null : $"--keep takes a number of heads, or a share such as 83%; got {given}.");
        keep.Required = true;
        Option<string?> from = OptionKinds.FileName("--from", "A result or spectrum of `explain heads` with the same options. Without it, the ablations are made here.");
        Option<int?> random = OptionKinds.OptionalNumber("--random", "N", "Random sets of the same size, of which the best is taken. [default: as many as ablations]", 0, 1 << 24);
        Option<string?> output = OptionKinds.FileName("--output", "Writes the sets as JSON.");
        Command command = new("heads", "Finds the attention heads to keep: the set of a size that a spectrum predicts to be best, beside LASSO's and the best of random ones.");
        heads.AddTo(command);
        Option[] further = [keep, from, random, output, explain.Method, explain.Budget, explain.Faithfulness, explain.Seed, explain.Samples, explain.Device, explain.Threads, explain.Quiet];
        foreach (Option option in further)
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            if (parsed.GetValue(output) is { } path)
            {
                OutputFile.Check(path);
            }

            using HeadTask task = HeadTask.Open(heads, explain, parsed, terminal);
            int kept = KeptOf(parsed.GetRequiredValue(keep), task.Function.FeatureCount);
            using ChosenDevices devices = ChosenDevices.Open(task.Explained, explain, parsed, terminal);
            IValueFunction function = devices.On(task.Explained);
            string? given = parsed.GetValue(explain.Samples);
            string samples = given ?? ExplainRun.RescueFile(task.Function);
            bool existed = File.Exists(samples);
            IReadOnlyList<PrunedSet> sets;
            try
            {
                sets = Shown(parsed.GetValue(explain.Quiet), terminal, progress =>
                {
                    (Spectrum spectrum, long ablations, ulong seed) = parsed.GetValue(from) is { } file
                        ? Read(file, task.Function, parsed.GetValue(explain.Seed))
                        : Explained(new Explainer(devices.First).Explain(function, Settings(explain, parsed, samples), progress, cancel));
                    PruningSettings settings = new() { Budget = ablations, RandomSets = parsed.GetValue(random) ?? (int)ablations, Seed = seed, SamplesFile = samples };
                    return Pruning.Run(function, devices.First, spectrum, kept, settings, progress, cancel);
                });
            }
            catch (OperationCanceledException error) when (File.Exists(samples))
            {
                throw new OperationCanceledException($"The values that were evaluated are in {samples}; the same command with --samples {samples} goes on from there.", error, cancel);
            }

            catch (SpexInputException) when (given is null && !existed)
            {
                // Told at the door, before anything was paid for.
                File.Delete(samples);
                throw;
            }
            catch (SpexException error) when (error is not SpexInputException && given is null && File.Exists(samples))
            {
                throw new SpexException($"{error.Message} The values that were evaluated are in {samples}; the same command goes on from there.", error);
            }

            if (given is null)
            {
                File.Delete(samples);
            }

            PruningRow[] rows = Score(task, sets, cancel);
            Write(terminal, task, kept, rows);
            if (parsed.GetValue(output) is { } to)
            {
                PruningFile.Write(to, rows, task.Heads);
            }

            return SpexCommand.Done;
        });
        return command;
    }

    private static T Shown<T>(bool quiet, Terminal terminal, Func<IProgress<AblationProgress>?, T> work) =>
        quiet ? work(null) : AblationProgressView.Show(terminal, progress => work(progress));

    private static ExplainerSettings Settings(ExplainOptions options, ParseResult parsed, string samples) => new()
    {
        Method = parsed.GetRequiredValue(options.Method),
        Budget = long.TryParse(parsed.GetValue(options.Budget), NumberStyles.None, CultureInfo.InvariantCulture, out long budget) ? budget : null,
        TargetFaithfulness = parsed.GetValue(options.Budget) == ExplainOptions.AutomaticBudget ? parsed.GetValue(options.Faithfulness) : null,
        Seed = parsed.GetValue(options.Seed),
        SamplesFile = samples,
    };

    private static (Spectrum Spectrum, long Ablations, ulong Seed) Explained(Explanation explanation) => (explanation.Spectrum, explanation.Run.Ablations, explanation.Run.Seed);

    /// <summary>A saved result, whose function must be this one, or a spectrum, which must have as many features.</summary>
    private static (Spectrum Spectrum, long Ablations, ulong Seed) Read(string path, HeadValueFunction function, ulong seed)
    {
        if (ResultFile.IsResult(path))
        {
            Explanation explanation = ResultFile.Read(path).Explanation;
            return explanation.Run.Fingerprint == function.Fingerprint
                ? Explained(explanation)
                : throw new SpexInputException($"{path} explains something else: its model, layers, questions or value are not those of the options. Give the options that it was made with.");
        }

        Spectrum spectrum = SpectrumFile.Read(path);
        return spectrum.FeatureCount == function.FeatureCount
            ? (spectrum, Spex.Engine.Decoding.ExplanationMethods.Choose("lasso", function.FeatureCount, null, new() { Order = 1 }).Budget, seed)
            : throw new SpexInputException($"{path} has {spectrum.FeatureCount} features, and the layers have {function.FeatureCount} heads. Give the layers that it was made with.");
    }

    private static int KeptOf(string given, int featureCount)
    {
        _ = TryKeep(given, featureCount, out int kept);
        return kept > 0 && kept < featureCount
            ? kept
            : throw new SpexInputException(
                $"--keep {given} keeps {kept} of {featureCount} heads; with all or none of them there is nothing to choose. Keep 1 to {featureCount - 1}.");
    }

    private static bool TryKeep(string given, int featureCount, out int kept)
    {
        if (given.EndsWith('%') && double.TryParse(given[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent <= 100)
        {
            kept = (int)Math.Round(percent / 100 * featureCount);
            return true;
        }

        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out kept);
    }

    private static PruningRow[] Score(HeadTask task, IReadOnlyList<PrunedSet> sets, CancellationToken cancel)
    {
        if (task.HeldOut is not { } heldOut)
        {
            return [.. sets.Select(set => new PruningRow(set, null, null))];
        }

        MaskMatrix masks = new(sets.Count, heldOut.FeatureCount);
        for (int row = 0; row < sets.Count; row++)
        {
            foreach (int feature in sets[row].Kept)
            {
                masks[row, feature] = true;
            }
        }

        return [.. sets.Zip(heldOut.Score(masks, cancel), (set, score) => new PruningRow(set, score.Accuracy, score.Margin))];
    }

    private static void Write(Terminal terminal, HeadTask task, int kept, PruningRow[] rows)
    {
        terminal.Output.WriteLine(task.Subject.Title);
        string heldOut = task.HeldOutCount == 0 ? "no question is held out" : $"{task.HeldOutCount} questions are held out";
        terminal.Output.WriteLine($"{kept} of {task.Function.FeatureCount} heads are kept; the value is {task.Subject.Value}; {heldOut}");
        terminal.Output.WriteLine();
        PruningReport.Write(terminal.OutputConsole, rows, task.Heads);
    }
}
