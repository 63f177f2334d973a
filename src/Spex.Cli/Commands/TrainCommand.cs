using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Torch.Native;
using Spex.Torch.Sentiment;

namespace Spex.Cli.Commands;

/// <summary>`spex train sentiment --data DIR`: trains the built-in model anew.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Option<string?> data = new("--data") { Description = "The folder with the data sets that the model card names.", HelpName = "DIR" };
        Option<string?> output = OptionKinds.FileName("--output", "Where the weights go. [default: sentiment.safetensors]");
        Option<ulong> seed = OptionKinds.Number("--seed", "N", "The seed.", 0UL, ulong.MaxValue, 0UL);
        Option<int?> threads = OptionKinds.OptionalNumber("--threads", "N", "Threads on the processor. [default: 1]", 1, 4096);
        Command sentiment = new("sentiment", "Trains the built-in sentiment model from a seed; about six minutes on one core.") { data, output, seed, threads };
        sentiment.SetAction(parsed =>
        {
            string folder = parsed.GetValue(data) ?? throw new SpexInputException("Say where the data sets are: --data DIR. The model card (src/Spex.Torch/Weights/MODEL_CARD.md) names them.");
            string path = parsed.GetValue(output) ?? "sentiment.safetensors";
            OutputFile.Check(path);
            TorchRuntime.Threads = parsed.GetValue(threads) ?? 1;
            string phase = "";
            (SentimentModel model, SentimentAccuracy accuracy) = SentimentTrainer.Train(
                folder,
                new SentimentTrainingOptions { Seed = parsed.GetValue(seed) },
                progress =>
                {
                    if (progress.Phase != phase)
                    {
                        phase = progress.Phase;
                        terminal.Error.WriteLine($"{100 * progress.Share:0} %: {phase}");
                    }
                },
                cancel);
            using (model)
            {
                model.Save(path);
            }

            terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: SST-2 dev {100 * accuracy.Dev:0.0} %, test {100 * accuracy.Test:0.0} %; with 25/50/75 % of the words masked {100 * accuracy.Masked25:0.0}/{100 * accuracy.Masked50:0.0}/{100 * accuracy.Masked75:0.0} %; IMDB reviews {100 * accuracy.Reviews:0.0} %"));
            return SpexCommand.Done;
        });
        return new Command("train", "Trains the models that come with the program.") { sentiment };
    }
}
