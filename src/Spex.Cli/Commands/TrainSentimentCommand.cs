using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Spex.Core.Formats;
using Spex.Torch.Native;
using Spex.Torch.Sentiment;

namespace Spex.Cli.Commands;

/// <summary>`spex train sentiment --data DIR`: the sentiment model, from public data and a seed.</summary>
internal static class TrainSentimentCommand
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Option<string> data = new("--data") { HelpName = "DIR", Description = "The folder with the data; the model card says where they come from.", Required = true };
        Option<string> output = new("--output") { HelpName = "FILE", Description = "The model's file, safetensors.", DefaultValueFactory = _ => "sentiment.safetensors" };
        Option<ulong> seed = OptionKinds.Number("--seed", "N", "The seed: same seed, same model.", 0UL, ulong.MaxValue, 0UL);
        Option<int> threads = OptionKinds.Number("--threads", "N", "Threads of torch. Another number gives other last bits.", 1, 4096, 1);
        Option<bool> quiet = new("--quiet") { Description = "No progress." };
        Command command = new("sentiment", "Trains the sentiment model that `explain text` uses.") { data, output, seed, threads, quiet };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output);
            OutputFile.Check(path);
            TorchRuntime.Threads = parsed.GetValue(threads);
            Progress progress = new(terminal.Error);
            SentimentTrainingOptions options = new() { Seed = parsed.GetValue(seed) };
            (SentimentModel model, SentimentAccuracy accuracy) = SentimentTrainer.Train(
                parsed.GetRequiredValue(data), options, parsed.GetValue(quiet) ? null : progress.Tell, cancel);
            using (model)
            {
                model.Save(path);
            }

            terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: SST-2 test {accuracy.Test:0.0} %, dev {accuracy.Dev:0.0} %"));
            terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"with 25, 50 and 75 % of the words masked {accuracy.Masked25:0.0}, {accuracy.Masked50:0.0} and {accuracy.Masked75:0.0} %; IMDB reviews {accuracy.Reviews:0.0} %"));
            return SpexCommand.Done;
        });
        return command;
    }

    /// <summary>A line now and then, and one for each new phase.</summary>
    private sealed class Progress(TextWriter writer)
    {
        private string _phase = "";
        private long _last;

        public void Tell(SentimentTrainingProgress progress)
        {
            if (progress.Phase == _phase && Stopwatch.GetElapsedTime(_last) < BetweenLines)
            {
                return;
            }

            (_phase, _last) = (progress.Phase, Stopwatch.GetTimestamp());
            string loss = double.IsNaN(progress.Loss) ? "" : string.Create(CultureInfo.InvariantCulture, $", loss {progress.Loss:0.000}");
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Phase}: {100 * progress.Share:0} % of the whole{loss}"));
        }
    }
}
