using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.Sentiment;
using Spex.Torch.Text;

namespace Spex.Cli.Commands;

/// <summary>`spex explain text [TEXT]`: a model's verdict on a text, or its answer to it.</summary>
internal static class ExplainTextCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string?> text = new("TEXT") { Description = "The text. Without it, --file gives one.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> file = OptionKinds.FileName("--file", "A text file, UTF-8.");
        Option<string?> model = new("--model")
        {
            HelpName = "DIR|FILE",
            Description = "A model's folder (config.json, model.safetensors, tokenizer), or a sentiment model that `spex train sentiment` made. [default: the built-in sentiment model]",
        };
        Option<string> unit = OptionKinds.Choice("--unit", "UNIT", "What a feature is.", ["word", "token", "sentence", "paragraph", "line"]);
        Option<string?> offsets = OptionKinds.FileName("--offsets", "Features are the parts that FILE names, a line each: START END, in characters from 0. The rest of the text is kept.");
        Option<string[]> keep = new("--keep") { HelpName = "TEXT", Description = "A part of the text that is never switched off, such as the question; may be given several times." };
        TextModelOptions chosen = new();
        ExplainOptions options = new();
        Command command = new("text", "Explains what a model says about a text, or answers to it: which words, and which words together.") { text, file, model, unit, offsets, keep };
        foreach (Option option in chosen.OfClasses.Concat(chosen.OfAnswers))
        {
            command.Add(option);
        }

        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string given = ReadText(parsed.GetValue(text), parsed.GetValue(file));
            TextUnit cut = Enum.Parse<TextUnit>(parsed.GetRequiredValue(unit), ignoreCase: true);
            if (parsed.GetValue(model) is { } folder && !File.Exists(folder))
            {
                TextParts CutFor(TextModel own) =>
                    Parts(own.Tokenizer.Normalize(given), given, cut, parsed.GetValue(offsets), parsed.GetValue(keep) ?? [], parsed.GetResult(unit) is { Implicit: false });
                using ReplicableModel<TextModel, TextValueFunction> read = chosen.Open(folder, CutFor, options, parsed, terminal);
                return TextModelOptions.Run(read, TextModelOptions.Describe(read.Function, "text", Headline.Of(given)), options, parsed, terminal, cancel);
            }

            Option[] foreign = [offsets, keep, chosen.Value, chosen.Window, .. chosen.OfAnswers];
            if (foreign.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } wrong)
            {
                throw new SpexInputException($"{wrong.Name} is for models from a folder (--model DIR); the sentiment model explains its logit, with words masked.");
            }

            string? path = parsed.GetValue(model);
            SentimentValueOptions asked = new(Class(parsed.GetValue(chosen.Target)), cut);
            using ReplicableModel<SentimentModel, SentimentValueFunction> explained = ChosenDevices.Explained(
                device => path is null ? SentimentModel.LoadBuiltIn(device) : SentimentModel.Open(path, device),
                sentiment => new SentimentValueFunction(sentiment, given, asked),
                options,
                parsed,
                terminal);
            return ExplainRun.Invoke(Describe(explained.Function, given), explained, options, parsed, terminal, cancel);
        });
        return command;
    }

    private static TextParts Parts(string text, string given, TextUnit unit, string? offsets, string[] keep, bool unitIsGiven)
    {
        if (offsets is null)
        {
            return TextParts.Split(text, unit, keep);
        }

        if (unitIsGiven || keep.Length > 0)
        {
            throw new SpexInputException("--offsets says what the features are and keeps the rest; give it without --unit and --keep.");
        }

        return text == given
            ? TextParts.Of(text, OffsetsFile.Read(offsets, text))
            : throw new SpexInputException("The model's tokenizer composes letters with their accents (Unicode's NFC), and this text is not composed: its offsets would shift. Compose the text first.");
    }

    private static SentimentClass? Class(string? given) => given is null ? null
        : Enum.TryParse(given, ignoreCase: true, out SentimentClass target) && Enum.IsDefined(target) && !char.IsAsciiDigit(given[0]) ? target
        : throw new SpexInputException($"--target is positive or negative with a sentiment model; got {given}.");

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

        return text ?? TextFile.Read(file!);
    }
}
