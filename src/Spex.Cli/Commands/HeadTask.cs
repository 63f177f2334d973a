using System.CommandLine;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.Heads;
using Spex.Torch.Models;
using Spex.Torch.Questions;
using Spex.Torch.Tokenizers;
using TorchSharp;

namespace Spex.Cli.Commands;

/// <summary>A model, its questions and the heads to explain, opened from the command's options.</summary>
internal sealed class HeadTask : IDisposable
{
    private HeadTask(HeadOptions options, ExplainOptions explain, ParseResult parsed, Terminal terminal)
    {
        string path = parsed.GetRequiredValue(options.Task), folderPath = parsed.GetRequiredValue(options.Model);

        // What is small is read first: a wrong file is told before a large model is loaded.
        ModelFolder folder = ModelFolder.Open(folderPath);
        IReadOnlyList<MultipleChoiceQuestion> all = MultipleChoiceFile.Read(path);
        IReadOnlyList<MultipleChoiceQuestion> shots = parsed.GetValue(options.Dev) is { } dev ? [.. MultipleChoiceFile.Read(dev).Take(parsed.GetValue(options.Shots))] : [];
        QuestionSplit split = QuestionSplit.Draw(all, parsed.GetValue(options.Questions));
        TextTokenizer tokenizer = TokenizerFolder.Open(folder);
        QuestionFormat format = parsed.GetRequiredValue(options.Format) == HeadOptions.Letters ? QuestionFormat.Letters : QuestionFormat.Texts;
        Measure = parsed.GetRequiredValue(options.Value) == HeadOptions.Accuracy ? HeadMeasure.Accuracy : HeadMeasure.Margin;
        torch.ScalarType type = parsed.GetRequiredValue(options.Type) == "float32" ? torch.ScalarType.Float32 : torch.ScalarType.BFloat16;
        HeadValueFunction On(DecoderModel model, IReadOnlyList<MultipleChoiceQuestion> questions)
        {
            HeadValueOptions heads = new(LayerList.Parse(parsed.GetRequiredValue(options.Layers), model.Shape.LayerCount), Measure, !parsed.GetValue(options.Plain));
            return new HeadValueFunction(model, QuestionSet.Prepare(questions, shots, format, MultipleChoiceFile.SubjectOf(path), tokenizer, model.Shape.ContextLength), heads);
        }

        Explained = ChosenDevices.Explained(device => folder.Load<DecoderModel>(type, device), model => On(model, split.Used), explain, parsed, terminal);
        try
        {
            HeldOut = split.HeldOut.Count == 0 ? null : On(Explained.Model, split.HeldOut);
            HeldOutCount = split.HeldOut.Count;
        }
        catch
        {
            Dispose();
            throw;
        }

        Heads = [.. Enumerable.Range(0, Function.FeatureCount).Select(feature => Function.HeadOf(feature)).Select(head => new HeadPosition(head.Layer, head.Head))];
        string value = Measure == HeadMeasure.Accuracy ? "the accuracy" : "the mean log-probability margin";
        Subject = new Subject(
            "heads",
            $"{Path.GetFileName(path)} answered by {folderPath}",
            $"{value} on {split.Used.Count} questions",
            "head",
            [.. Heads.Select(head => $"L{head.Layer}H{head.Head}")])
        {
            Heads = Heads,
        };
    }

    /// <summary>The value.</summary>
    public HeadMeasure Measure { get; }

    /// <summary>What is explained: the questions that are used.</summary>
    public ReplicableModel<DecoderModel, HeadValueFunction> Explained { get; }

    /// <summary>The value function of what is explained.</summary>
    public HeadValueFunction Function => Explained.Function;

    /// <summary>The same heads on the questions that are held out; null where there are none.</summary>
    public HeadValueFunction? HeldOut { get; }

    /// <summary>Questions that are held out.</summary>
    public int HeldOutCount { get; }

    /// <summary>The head that each feature is.</summary>
    public IReadOnlyList<HeadPosition> Heads { get; }

    /// <summary>What is explained, as people know it.</summary>
    public Subject Subject { get; }

    /// <summary>Opens what the options name.</summary>
    public static HeadTask Open(HeadOptions options, ExplainOptions explain, ParseResult parsed, Terminal terminal) => new(options, explain, parsed, terminal);

    /// <inheritdoc/>
    public void Dispose()
    {
        HeldOut?.Dispose();
        Explained.Dispose();
    }
}
