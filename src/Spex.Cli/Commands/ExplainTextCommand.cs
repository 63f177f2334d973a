using System.CommandLine;
using System.Text;
using Spex.Core;
using Spex.Reports;
using Spex.Torch.Native;
using Spex.Torch.Sentiment;
using Spex.Torch.Text;

namespace Spex.Cli.Commands;

/// <summary>`spex explain text [TEXT] [--file F]`: the built-in sentiment model's judgement of a text.</summary>
internal static class ExplainTextCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string?> text = new("TEXT") { Description = "The text.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> file = OptionKinds.FileName("--file", "Reads the text from FILE.");
        Option<SentimentClass?> target = OptionKinds.Choice<SentimentClass?>(
            "--target",
            "The class whose logit is explained.",
            [("predicted", null), ("positive", SentimentClass.Positive), ("negative", SentimentClass.Negative)]);
        Option<TextUnit> unit = OptionKinds.Choice("--unit", "What one feature is.", [("word", TextUnit.Word), ("token", TextUnit.Token)]);
        ExplainOptions options = new();
        Command command = new("text", "Explains the built-in sentiment model's judgement of an English text.") { text, file, target, unit };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string given = Read(parsed.GetValue(text), parsed.GetValue(file));
            TorchRuntime.Threads = parsed.GetValue(options.Threads) ?? Environment.ProcessorCount;
            using SentimentModel model = SentimentModel.LoadBuiltIn();
            using SentimentValueFunction function = new(model, given, new SentimentValueOptions(parsed.GetValue(target), parsed.GetValue(unit)));
            TextFeatures words = function.Text;
            Subject subject = new(
                "text",
                Shorten(given),
                $"logit of {Name(function.Target)}; the model says {Name(function.Predicted)}, P(positive) {function.PositiveProbability:0.00}",
                words.Unit == TextUnit.Word ? "word" : "token",
                [.. Enumerable.Range(0, words.Features.Count).Select(words.NameOf)])
            {
                Text = given,
                Spans = [.. words.Features.Select(feature => (feature.Span.Start, feature.Span.Length))],
            };
            return ExplainRun.Invoke(subject, function, options, parsed, terminal, cancel);
        });
        return command;
    }

    private static string Read(string? text, string? file)
    {
        if ((text is null) == (file is null))
        {
            throw new SpexInputException(text is null ? "Give the text to explain, or --file FILE." : "Give the text or --file FILE, not both.");
        }

        if (text is not null)
        {
            return text;
        }

        try
        {
            return File.ReadAllText(file!, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new SpexInputException($"{file} cannot be read as text in UTF-8: {error.Message}", error);
        }
    }

    private static string Name(SentimentClass sentiment) => sentiment == SentimentClass.Positive ? "positive" : "negative";

    private static string Shorten(string text)
    {
        const int Most = 200;
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Most ? line : $"{line[..(Most - 1)]}…";
    }
}
