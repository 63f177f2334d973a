using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Text;
using static TorchSharp.torch;

namespace Spex.Cli.Commands;

/// <summary>The options of the commands that explain what a model from a folder makes of a text.</summary>
internal sealed class TextModelOptions
{
    private const string Float32Name = "float32", BFloat16Name = "bfloat16";

    // Fewer ablations than this say nothing about speed.
    private const int LeastForRate = 64;

    public Option<string?> Target { get; } = new("--target")
    {
        HelpName = "CLASS",
        Description = "The class that is explained: positive or negative for a sentiment model, else its label or number. [default: what the model says]",
    };

    public Option<string?> Value { get; } = OptionKinds.OptionalChoice(
        "--value", "VALUE", "What of the class: its logit, the margin over the best other class, or its probability. [default: logit]", ["logit", "margin", "probability"]);

    public Option<string?> Answer { get; } = new("--answer")
    {
        HelpName = "TEXT",
        Description = "Of a language model: the answer whose log-probability is explained, a token's mean. [default: the model's own answer to the whole text]",
    };

    public Option<string?> Against { get; } = new("--against") { HelpName = "TEXT", Description = "An answer whose log-probability is taken off that of --answer." };

    public Option<int?> AnswerTokens { get; } = OptionKinds.OptionalNumber("--answer-tokens", "N", "The most tokens of the model's own answer. [default: 16]", 1, 4096);

    public Option<string?> Removal { get; } = OptionKinds.OptionalChoice(
        "--removal",
        "HOW",
        "What becomes of a feature that is switched off: mask tokens, a neutral word, deletion, or no attention to it. [default: mask where the model has a mask token, else delete]",
        ["mask", "neutral", "delete", "attention"]);

    public Option<string?> Neutral { get; } = new("--neutral")
    {
        HelpName = "WORD",
        Description = $"The word that stands for a feature with --removal neutral. [default: {ClassifierTextOptions.StandardNeutral}]",
    };

    public Option<int?> Window { get; } = OptionKinds.OptionalNumber("--window", "N", "A classifier reads longer texts in windows of N tokens and averages the logits.", 1, 1 << 20);

    public Option<string> Type { get; } = OptionKinds.Choice("--type", "TYPE", "What the model computes with.", [Float32Name, BFloat16Name]);

    /// <summary>Those that fit a language model.</summary>
    public IEnumerable<Option> OfAnswers => [Answer, Against, AnswerTokens, Removal, Neutral, Type];

    /// <summary>Those that fit a classifier and no language model.</summary>
    public IEnumerable<Option> OfClasses => [Target, Value, Window];

    /// <summary>Opens a model's folder and makes the value function that the options ask for.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="cut">The text in the form of the model's tokenizer, and its features.</param>
    /// <param name="options">The options that all verbs share.</param>
    /// <param name="parsed">What was given.</param>
    /// <param name="terminal">Where to say what people should know.</param>
    public ReplicableModel<TextModel, TextValueFunction> Open(string folder, Func<TextModel, TextParts> cut, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        ScalarType type = parsed.GetRequiredValue(Type) == BFloat16Name ? ScalarType.BFloat16 : ScalarType.Float32;
        return ChosenDevices.Explained(device => TextModel.Open(folder, type, device), model => Make(model, cut(model), parsed), options, parsed, terminal);
    }

    /// <summary>Explains the function and says how fast the model was.</summary>
    public static int Run(ReplicableModel<TextModel, TextValueFunction> explained, Subject subject, ExplainOptions options, ParseResult parsed, Terminal terminal, CancellationToken cancel)
    {
        int code = ExplainRun.Invoke(subject, explained, options, parsed, terminal, cancel);
        if (!parsed.GetValue(options.Quiet))
        {
            string where = parsed.GetRequiredValue(options.Device).Split(',') is [string first, _, ..] ? $" on {first}" : "";
            TellRate(explained.Function, where, parsed.GetValue(options.Threads) ?? Environment.ProcessorCount, terminal);
        }

        return code;
    }

    /// <summary>Says how fast the masked model was, beside the bare one.</summary>
    private static void TellRate(TextValueFunction function, string where, int threads, Terminal terminal)
    {
        (long ablations, double seconds) = function.Done;
        if (ablations < LeastForRate)
        {
            return;
        }

        double rate = ablations / seconds;
        double peak = function.MeasurePeak(threads, Math.Clamp(seconds / 20, 0.05, 0.5));
        string shared = function is AnswerTextFunction { SharedTokens: > 0 and int tokens } ? $"; the first {tokens} of {function.TokenCount} tokens were read once for all" : "";
        terminal.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"model: {rate:N0} ablations a second{where}, {100 * rate / peak:0} % of the {peak:N0} whole texts a second that the bare model reads in its largest batches{shared}"));
    }

    /// <summary>The subject of a text's explanation.</summary>
    public static Subject Describe(TextValueFunction function, string kind, string title) =>
        new(kind, title, function.Value, function.FeatureKind, [.. function.Features.Select(feature => feature.In(function.Text))])
        {
            Text = function.Text,
            Spans = [.. function.Features.Select(feature => (feature.Start, feature.Length))],
        };

    private TextValueFunction Make(TextModel model, TextParts parts, ParseResult parsed)
    {
        Refuse(model, parsed);
        TextRemoval? removal = parsed.GetValue(Removal) is { } how ? Enum.Parse<TextRemoval>(how, ignoreCase: true) : null;
        string neutral = parsed.GetValue(Neutral) ?? ClassifierTextOptions.StandardNeutral;
        if (parsed.GetValue(Neutral) is not null && removal != TextRemoval.Neutral)
        {
            throw new SpexInputException("--neutral is the word of --removal neutral; give both, or neither.");
        }

        if (model.Answers)
        {
            return model.Answer(parts, new AnswerTextOptions(parsed.GetValue(Answer), parsed.GetValue(Against), parsed.GetValue(AnswerTokens) ?? 16, removal, neutral));
        }

        ClassMeasure measure = parsed.GetValue(Value) is { } value ? Enum.Parse<ClassMeasure>(value, ignoreCase: true) : ClassMeasure.Logit;
        return model.Classify(parts, new ClassifierTextOptions(parsed.GetValue(Target), measure, removal, neutral, parsed.GetValue(Window)));
    }

    private void Refuse(TextModel model, ParseResult parsed)
    {
        Option[] wrong = model.Answers ? [.. OfClasses] : [Answer, Against, AnswerTokens];
        if (wrong.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new SpexInputException(model.Answers
                ? $"{given.Name} is for classifiers, and {model.Architecture} is a language model: its answers are explained, with --answer and --against."
                : $"{given.Name} is for language models, and {model.Architecture} is a classifier: its classes are explained, with --target and --value.");
        }
    }
}
