using System.CommandLine;

namespace Spex.Cli.Commands;

/// <summary>The options of `explain heads` and `prune heads` that say which model, which questions and which heads.</summary>
internal sealed class HeadOptions
{
    public const string Letters = "letters";

    public const string Accuracy = "accuracy";

    public Option<string> Model { get; } = new("--model")
    {
        HelpName = "DIR",
        Description = "A language model's folder: config.json, model.safetensors (or its index) and the tokenizer's files.",
        Required = true,
    };

    public Option<string> Task { get; } = new("--task")
    {
        HelpName = "FILE",
        Description = "Multiple-choice questions as MMLU's CSV: question, answers, the right one's letter.",
        Required = true,
    };

    public Option<string> Layers { get; } = new("--layers")
    {
        HelpName = "LAYERS",
        Description = "The layers whose heads are features, from 0: 14-16, or 0,2,5-7.",
        Required = true,
    };

    public Option<string> Value { get; } = OptionKinds.Choice(
        "--value", "VALUE", "What is explained: the share of right answers, or the mean of log p(right) - log p(best other).", [Accuracy, "margin"]);

    public Option<string> Format { get; } = OptionKinds.Choice(
        "--format", "FORMAT", "How it is asked: MMLU's letters A, B, ..., or the answers' own texts behind the question.", [Letters, "texts"]);

    public Option<string?> Dev { get; } = OptionKinds.FileName("--dev", "Questions, in the same form, of which the first --shots stand solved before each question.");

    public Option<int> Shots { get; } = OptionKinds.Number("--shots", "K", "Solved questions of --dev.", 0, 1000, 5);

    public Option<int?> Questions { get; } = OptionKinds.OptionalNumber(
        "--questions", "N", "Questions that make the value, drawn at random, the same ones every time; the others are held out. [default: half of them, at most 120]", 1, 1 << 24);

    public Option<string> Type { get; } = OptionKinds.Choice("--type", "TYPE", "What the model computes with.", ["float32", "bfloat16"]);

    public Option<bool> Plain { get; } = new("--plain") { Description = "Does not multiply a layer's kept heads by heads / kept." };

    public void AddTo(Command command)
    {
        Option[] all = [Model, Task, Layers, Value, Format, Dev, Shots, Questions, Type, Plain];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }
}
