using System.CommandLine;
using System.Globalization;
using System.Text;
using Spex.Core;
using Spex.Reports;
using Spex.Torch.Sentiment;
using Spex.Torch.Text;

namespace Spex.Cli.Commands;

/// <summary>`spex explain text [TEXT]`: a sentiment model's verdict on a text.</summary>
internal static class ExplainTextCommand
{
    // No text that a person wrote is longer, and a wrong file is told from one.
    private const long LongestFile = 64 << 20;

    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string?> text = new("TEXT") { Description = "The text. Without it, --file gives one.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> file = OptionKinds.FileName("--file", "A text file, UTF-8.");
        Option<string?> model = OptionKinds.FileName("--model", "A sentiment model that `spex train sentiment` made. [default: the built-in one]");
        Option<string?> target = OptionKinds.OptionalChoice(
            "--target", "CLASS", "The class whose logit is explained: positive or negative. [default: what the model says]", ["positive", "negative"]);
        Option<string> unit = OptionKinds.Choice("--unit", "UNIT", "What a feature is.", ["word", "token"]);
        ExplainOptions options = new();
        Command command = new("text", "Explains what a sentiment model says about a text: which words, and which words together.") { text, file, model, target, unit };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string given = ReadText(parsed.GetValue(text), parsed.GetValue(file));
            SentimentValueOptions chosen = new(
                parsed.GetValue(target) is { } name ? Enum.Parse<SentimentClass>(name, ignoreCase: true) : null,
                Enum.Parse<TextUnit>(parsed.GetRequiredValue(unit), ignoreCase: true));
            string? path = parsed.GetValue(model);
            using SentimentModel sentiment = path is null ? SentimentModel.LoadBuiltIn() : SentimentModel.Open(path);
            using SentimentValueFunction function = new(sentiment, given, chosen);
            return ExplainRun.Invoke(Describe(function, given), function, options, parsed, terminal, cancel);
        });
        return command;
    }

    private static Subject Describe(SentimentValueFunction function, string text)
    {
        string says = function.Predicted.ToString().ToLowerInvariant();
        double probability = function.Predicted == SentimentClass.Positive ? function.PositiveProbability : 1 - function.PositiveProbability;
        string value = string.Create(
            CultureInfo.InvariantCulture,
            $"the logit of {function.Target.ToString().ToLowerInvariant()}; the model says {says} with probability {probability:0.000}");
        string[] names = [.. Enumerable.Range(0, function.FeatureCount).Select(function.Text.NameOf)];
        return new Subject("text", Headline.Of(text), value, function.Text.Unit.ToString().ToLowerInvariant(), names)
        {
            Text = text,
            Spans = [.. function.Text.Features.Select(feature => (feature.Span.Start, feature.Span.Length))],
        };
    }

    private static string ReadText(string? text, string? file)
    {
        if (text is null == file is null)
        {
            throw new SpexInputException(text is null
                ? "There is no text to explain: give it as TEXT, or --file FILE."
                : "TEXT and --file were given: give one of them, not both.");
        }

        return text ?? ReadFile(file!);
    }

    private static string ReadFile(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
            if (stream.CanSeek && stream.Length > LongestFile)
            {
                throw new SpexInputException($"{path} has {stream.Length:N0} bytes; a text has at most {LongestFile:N0}. Is it the right file?");
            }

            using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new SpexInputException($"{path} is no text in UTF-8; convert it, or give the right file.", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SpexInputException($"There is no file {path}; check the path.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
