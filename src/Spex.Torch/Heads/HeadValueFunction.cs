using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Models;
using Spex.Torch.Native;
using Spex.Torch.Questions;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Heads;

/// <summary>A language model that answers multiple-choice questions as a value function: features are attention heads, the value says how well it answers without the others.</summary>
/// <remarks>
/// Many head masks go through the model at once. What lies before the first ablated layer does not depend on them and is computed once a question; the attention of that layer, once for all masks of a
/// block; behind the last layer only the answers' tokens go on. Feature l·H + h is head h of the l-th chosen layer.
/// </remarks>
public sealed class HeadValueFunction : ITorchValueFunction, IDisposable
{
    // Numbers between layers that a block of masks holds, and its most masks: blocks are short enough that progress is seen, and long enough to fill matrix products. A GPU takes more at once.
    private const long BlockNumbers = 1 << 22;
    private const int MostRows = 64;
    private const int GpuFactor = 16;
    private const int BlocksPerBatch = 4;

    // Kept states of all questions may take this much memory; where they would take more, they are computed again with each block.
    private const long MostKeptBytes = 1L << 30;

    private readonly DecoderModel _model;
    private readonly QuestionSet _questions;
    private readonly HeadValueOptions _options;
    private readonly Tensor?[] _before;
    private readonly MaskedForward _forward;
    private CancellationToken _cancel;

    /// <summary>Prepares the ablations: runs what lies before the first chosen layer, once a question.</summary>
    /// <param name="model">The model; must live as long as this. Owned by the caller.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="options">Which heads, and what the value is.</param>
    /// <exception cref="SpexInputException">A layer is outside the model, or there are too many heads.</exception>
    public HeadValueFunction(DecoderModel model, QuestionSet questions, HeadValueOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(options);
        (_model, _questions, _options) = (model, questions, options);
        DecoderShape shape = model.Shape;
        if (options.Layers.Count == 0 || options.Layers[0] < 0 || options.Layers[^1] >= shape.LayerCount || !options.Layers.Zip(options.Layers.Skip(1)).All(pair => pair.First < pair.Second))
        {
            throw new SpexInputException(
                $"Layers are ascending, distinct and among the model's 0 to {shape.LayerCount - 1}; got {(options.Layers.Count == 0 ? "none" : string.Join(", ", options.Layers))}.");
        }

        long heads = (long)options.Layers.Count * shape.HeadCount;
        if (heads > MaskMatrix.MaxFeatureCount)
        {
            throw new SpexInputException($"{options.Layers.Count} layers of {shape.HeadCount} heads are {heads} features; at most {MaskMatrix.MaxFeatureCount} can be explained at once. Take fewer layers.");
        }

        FeatureCount = (int)heads;
        int longest = questions.Questions.Max(question => question.Length);
        int factor = model.Device.type == DeviceType.CPU ? 1 : GpuFactor;
        int rows = (int)Math.Clamp(factor * BlockNumbers / ((long)longest * shape.HiddenSize), 1, factor * MostRows);
        _forward = new MaskedForward(FeatureCount, rows, Values, model.Device);
        PreferredBatchSize = rows * BlocksPerBatch;
        string how = $"{string.Join(',', options.Layers)}:{options.Measure}:{(options.Rescaled ? "rescaled" : "plain")}";
        Fingerprint = $"heads:{model.Fingerprint}:questions:{questions.Fingerprint}:{how}".ToLowerInvariant();
        _before = new Tensor?[questions.Count];
        if (options.Layers[0] > 0 && questions.Questions.Sum(question => (long)question.Length) * shape.HiddenSize * sizeof(float) <= MostKeptBytes)
        {
            for (int i = 0; i < _before.Length; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                (Tensor ids, DecoderPass pass) = PassOf(questions.Questions[i]);
                _before[i] = model.StatesBefore(options.Layers[0], ids, pass).DetachFromDisposeScope();
            }
        }
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize { get; }

    /// <inheritdoc/>
    public torch.Device ModelDevice => _model.Device;

    /// <summary>Layer and head of a feature.</summary>
    public (int Layer, int Head) HeadOf(int feature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(feature);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(feature, FeatureCount);
        return (_options.Layers[feature / _model.Shape.HeadCount], feature % _model.Shape.HeadCount);
    }

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        _cancel = cancel;
        _forward.Evaluate(masks, values, cancel);
    }

    /// <summary>Accuracy and margin of masks, one after the other.</summary>
    /// <exception cref="ArgumentException">The masks have another number of features.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<HeadScore> Score(MaskMatrix masks, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The masks have {masks.FeatureCount} features; the value function has {FeatureCount}.", nameof(masks));
        }

        _cancel = cancel;
        List<HeadScore> scores = [];
        for (int row = 0; row < masks.RowCount; row++)
        {
            float[] bits = [.. Enumerable.Range(0, FeatureCount).Select(i => masks[row, i] ? 1f : 0f)];
            using DisposeScope scope = NewDisposeScope();
            (Tensor right, Tensor margin) = Answers(tensor(bits, 1, FeatureCount, device: _model.Device));
            scores.Add(new HeadScore(right.item<double>(), margin.item<double>()));
        }

        return scores;
    }

    /// <summary>Frees the states that are kept.</summary>
    public void Dispose()
    {
        foreach (Tensor? states in _before)
        {
            states?.Dispose();
        }
    }

    private Tensor Values(Tensor bits)
    {
        (Tensor accuracy, Tensor margin) = Answers(bits);
        return (_options.Measure == HeadMeasure.Accuracy ? accuracy : margin).to_type(ScalarType.Float32);
    }

    /// <summary>Accuracy and mean margin over all questions, float64, one a row of masks (rows × n).</summary>
    private (Tensor Accuracy, Tensor Margin) Answers(Tensor bits)
    {
        HeadMask heads = new(_options.Layers[0], KeptOf(bits), _options.Rescaled);
        torch.Device device = _model.Device;
        Tensor right = zeros(bits.shape[0], dtype: ScalarType.Float64, device: device), margins = zeros(bits.shape[0], dtype: ScalarType.Float64, device: device);
        for (int i = 0; i < _questions.Count; i++)
        {
            _cancel.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            PreparedQuestion question = _questions.Questions[i];
            (Tensor ids, DecoderPass pass) = PassOf(question);
            pass = pass with { Heads = heads, Start = _before[i] is { } states ? new DecoderStart(_options.Layers[0], states) : null };
            Tensor lengths = tensor([.. question.Choices.Lengths.Select(length => (double)length)], device: device);
            Tensor scores = question.Choices.LogProbabilities(_model.Forward(ids, pass)) / lengths;
            Tensor own = scores.select(1, question.Answer);
            Tensor others = scores.index_fill(1, tensor([(long)question.Answer], device: device), TensorArithmetic.Number(double.NegativeInfinity));

            // The first of equal answers wins: the right one must be above those before it, and not below those behind it.
            Tensor wins = own >= others.amax([1]);
            if (question.Answer > 0)
            {
                wins &= own > others.narrow(1, 0, question.Answer).amax([1]);
            }

            right.Add(wins.to_type(ScalarType.Float64));
            margins.Add(own - others.amax([1]));
        }

        return (right.Times(1.0 / _questions.Count), margins.Times(1.0 / _questions.Count));
    }

    private (Tensor Ids, DecoderPass Pass) PassOf(PreparedQuestion question) => question.Choices.Attach(_model.Tokens(question.Prompt), new DecoderPass { IsChecked = true });

    /// <summary>From rows × n to rows × layers × heads, from the first chosen layer to the last; layers between that were not chosen keep all heads.</summary>
    private Tensor KeptOf(Tensor bits)
    {
        int heads = _model.Shape.HeadCount, first = _options.Layers[0], last = _options.Layers[^1];
        Tensor[] layers = new Tensor[last - first + 1];
        for (int layer = first, row = 0; layer <= last; layer++)
        {
            bool chosen = _options.Layers[row] == layer;
            layers[layer - first] = chosen ? bits.narrow(1, (long)row * heads, heads) : ones(bits.shape[0], heads, device: bits.device);
            row += chosen ? 1 : 0;
        }

        return stack(layers, 1);
    }
}
