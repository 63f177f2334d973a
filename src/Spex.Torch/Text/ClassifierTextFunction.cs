using System.Globalization;
using Spex.Core;
using Spex.Torch.Forward;
using Spex.Torch.Models;
using Spex.Torch.Tokenizers;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>A text and a classifier: the value is a class's logit, its margin over the others, or its probability.</summary>
public sealed class ClassifierTextFunction : TextValueFunction
{
    private readonly EncoderClassifier _model;
    private readonly ClassMeasure _measure;

    /// <summary>Tokenises a text and prepares its ablations.</summary>
    /// <param name="model">The model; must live as long as this. Owned by the caller.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="parts">The text, in the tokenizer's form, and its features.</param>
    /// <param name="options">Target, measure, removal; null for the logit of the predicted class.</param>
    /// <exception cref="SpexInputException">
    /// The text is too long for the model, nothing can be switched off, there is no such class, the model has no mask token and one is wanted, or the tokenizer is another model's.
    /// </exception>
    public ClassifierTextFunction(EncoderClassifier model, TextTokenizer tokenizer, TextParts parts, ClassifierTextOptions? options = null)
        : base(model, Mask(model, tokenizer, parts, options ?? new ClassifierTextOptions()))
    {
        options ??= new ClassifierTextOptions();
        _model = model;
        _measure = options.Measure;
        SpecialTokens special = tokenizer.Special;
        int around = special.Before.Count + special.After.Count, context = model.Shape.ContextLength;
        if (options.Window is { } window && (window < 1 || window + around > context))
        {
            throw new SpexInputException($"A window has 1 to {context - around} tokens, since the model takes {context} and {around} go around each; got {window}.");
        }

        int longest = Masked.LongestRow;
        if (options.Window is null && longest > context)
        {
            throw new SpexInputException(
                $"The text has {longest} tokens and the model takes {context}: {longest - context} too many. Give a shorter text, or read it in windows: --window {context - around}.");
        }

        Windows = options.Window is { } size ? new TextWindows(size, special.Before, special.After) : null;
        if (_measure == ClassMeasure.Margin && model.Labels.Count < 2)
        {
            throw new SpexInputException("A margin is the difference to the other classes, and the model has one class only; explain its logit.");
        }

        Logits = LogitsOf(Masked.Tokens);
        Predicted = Array.IndexOf([.. Logits], Logits.Max());
        Target = options.Target is { } given ? FindClass(given) : Predicted;
        Fingerprint = $"{model.Fingerprint}:{Masked.Fingerprint}:{Target}-{_measure}{(options.Window is { } tokens ? $":window-{tokens}" : "")}".ToLowerInvariant();
        Prepare();
    }

    /// <summary>The model's logits for the whole text.</summary>
    public IReadOnlyList<float> Logits { get; }

    /// <summary>The class that the model predicts for the whole text.</summary>
    public int Predicted { get; }

    /// <summary>The class that is explained.</summary>
    public int Target { get; }

    /// <inheritdoc/>
    public override string Fingerprint { get; }

    /// <inheritdoc/>
    public override string Value
    {
        get
        {
            double probability = 1 / Logits.Sum(logit => Math.Exp((double)logit - Logits[Predicted]));
            string measure = _measure switch
            {
                ClassMeasure.Margin => $"the margin of {_model.Labels[Target]} over the next class",
                _ => $"the {_measure.ToString().ToLowerInvariant()} of {_model.Labels[Target]}",
            };
            return string.Create(CultureInfo.InvariantCulture, $"{measure}; the model says {_model.Labels[Predicted]} with probability {probability:0.000}");
        }
    }

    private protected override int OutputCount => _model.Labels.Count;

    private protected override double MultiplicationsPerToken
    {
        get
        {
            double hidden = _model.Shape.HiddenSize;
            return _model.Shape.LayerCount * ((12 * hidden * hidden) + (2 * hidden * TokenCount));
        }
    }

    private protected override TextPadding Padding => new(_model.PaddingId, OnTheLeft: false);

    private protected override TextWindows? Windows { get; }

    private protected override Tensor Run(TextBlock texts, bool usePrefix) => _model.Forward(texts.Ids, new EncoderPass { Present = texts.Present, IsChecked = true });

    private protected override Tensor ValuesOf(Tensor outputs) => _measure.Of(outputs, Target);

    private protected override long BytesPerText(int length)
    {
        long hidden = _model.Shape.HiddenSize;
        return 4L * length * ((16 * hidden) + (_model.Shape.HeadCount * (long)length));
    }

    private static MaskedText Mask(EncoderClassifier model, TextTokenizer tokenizer, TextParts parts, ClassifierTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(parts);
        TextRemoval removal = options.Removal ?? (tokenizer.Special.Mask is null ? TextRemoval.Delete : TextRemoval.Mask);
        MaskedText masked = MaskedText.Make(tokenizer, parts, removal, options.Neutral);
        int largest = masked.Slots().Max(slot => slot.Token);
        return largest < model.Shape.VocabularySize
            ? masked
            : throw new SpexInputException($"Token {largest} is not in the model's vocabulary of {model.Shape.VocabularySize}: the tokenizer is not this model's. Give the folder with the tokenizer that it was trained with.");
    }

    private float[] LogitsOf(IReadOnlyList<int> tokens)
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            TextSegment[] segments = [.. Segments(0, new TextRow([.. tokens], null))];
            TextBlock block = TextBlock.Of(segments, segments.Max(segment => segment.Tokens.Length), Padding, 0, _model.Device);
            return Run(block, usePrefix: false).mean([0L]).cpu().data<float>().ToArray();
        }
    }

    private int FindClass(string given)
    {
        int index = _model.Labels.ToList().FindIndex(label => string.Equals(label, given, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
        {
            return index;
        }

        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < _model.Labels.Count
            ? number
            : throw new SpexInputException($"The model has no class {given}; its classes are {string.Join(", ", _model.Labels)}, or their numbers 0 to {_model.Labels.Count - 1}.");
    }
}
