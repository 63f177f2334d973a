using System.Numerics;
using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Images;

/// <summary>An image and a classifier as a value function: features are patches or superpixels, one that is not present shows a blurred, mean-coloured or grey image instead.</summary>
/// <remarks>
/// A batch is images·mask + removed·(1 − mask), both normalised once; the mask of features is spread over the pixels by an index. A value does not depend on the other masks of its batch.
/// </remarks>
public sealed class ImageValueFunction : ITorchValueFunction, IDisposable
{
    private const int LeastRows = 4;
    private const int MostRows = 32;
    private const int BlocksPerBatch = 16;

    // A GPU takes more at once.
    private const int GpuFactor = 16;

    private readonly ImageClassifier _model;
    private readonly MaskedForward _masked;
    private readonly Tensor _image;
    private readonly Tensor _removed;
    private readonly Tensor _labels;

    /// <summary>Prepares the ablations of an image.</summary>
    /// <param name="model">The model; must live as long as this. Owned by the caller.</param>
    /// <param name="image">The image as the model sees it: <see cref="ImagePreparation.Fit"/> of <see cref="ImageClassifier.Preparation"/>.</param>
    /// <param name="segments">Its features.</param>
    /// <param name="options">Class, measure and removal; null for the logit of the predicted class and blur.</param>
    /// <exception cref="SpexInputException">There is no such class, or a margin is wanted of a model with one class.</exception>
    /// <exception cref="SpexException">The model fails on this image.</exception>
    public ImageValueFunction(ImageClassifier model, RgbImage image, ImageSegments segments, ImageValueOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(segments);
        options ??= new ImageValueOptions();
        if (segments.Width != image.Width || segments.Height != image.Height)
        {
            throw new ArgumentException($"The features are cut from {segments.Width} × {segments.Height} pixels; the image has {image.Width} × {image.Height}.", nameof(segments));
        }

        _model = model;
        Segments = segments;
        float[] logits = model.Logits([image])[0];
        Logits = logits;
        if (!logits.AsSpan().SequenceEqual(model.Logits([image])[0]))
        {
            throw new SpexException($"{model.Name} gives other numbers when it is run again on the same image. Save it in evaluation mode (module.eval() before torch.jit.trace), so that dropout is off.");
        }

        Predicted = Array.IndexOf(logits, logits.Max());
        Target = options.Target is { } given ? model.FindClass(given, logits.Length) : Predicted;
        Measure = options.Measure;
        if (Measure == ClassMeasure.Margin && logits.Length < 2)
        {
            throw new SpexInputException("A margin is the difference to the other classes, and the model has one class only; explain its logit.");
        }

        using (no_grad())
        {
            _image = model.Preparation.Normalise(ImagePreparation.ToUnit(image), image.Width, image.Height).to(model.Device).DetachFromDisposeScope();
            _removed = model.Preparation.Normalise(RemovedImage.Of(image, options.Removal), image.Width, image.Height).to(model.Device).DetachFromDisposeScope();
            _labels = tensor(Array.ConvertAll(segments.Labels.ToArray(), label => (long)label), device: model.Device).DetachFromDisposeScope();
        }

        int factor = model.Device.type == DeviceType.CPU ? 1 : GpuFactor;
        int rows = factor * (int)Math.Clamp(BitOperations.RoundUpToPowerOf2((uint)(model.PixelsPerBlock / (image.Width * image.Height))), LeastRows, MostRows);
        _masked = new MaskedForward(segments.Count, rows, Forward, model.Device);
        Fingerprint = $"image:{model.Hash}:{string.Join(',', model.Preparation.Mean.Concat(model.Preparation.Deviation))}:{image.Hash}:{segments.Hash}:{Target}-{Measure}:{options.Removal}:float32".ToLowerInvariant();
        PreferredBatchSize = rows * BlocksPerBatch;
        try
        {
            (FullValue, EmptyValue) = _masked.Corners();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The features.</summary>
    public ImageSegments Segments { get; }

    /// <summary>The model's logits for the whole image.</summary>
    public IReadOnlyList<float> Logits { get; }

    /// <summary>The class that the model predicts for the whole image.</summary>
    public int Predicted { get; }

    /// <summary>The model's probability of the predicted class: softmax of the logits.</summary>
    public double PredictedProbability => 1 / Logits.Sum(logit => Math.Exp((double)logit - Logits[Predicted]));

    /// <summary>The class that is explained.</summary>
    public int Target { get; }

    /// <summary>What of the class is the value.</summary>
    public ClassMeasure Measure { get; }

    /// <summary>Value of the mask with all features.</summary>
    public float FullValue { get; }

    /// <summary>Value of the mask without any feature.</summary>
    public float EmptyValue { get; }

    /// <inheritdoc/>
    public int FeatureCount => Segments.Count;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize { get; }

    /// <inheritdoc/>
    public torch.Device ModelDevice => _model.Device;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => _masked.Evaluate(masks, values, cancel);

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _image.Dispose();
        _removed.Dispose();
        _labels.Dispose();
    }

    private Tensor Forward(Tensor masks)
    {
        Tensor pixels = masks.index_select(1, _labels).view(masks.shape[0], 1, Segments.Height, Segments.Width);
        Tensor images = (_image * pixels).Plus(_removed * pixels.Times(-1).Plus(1));
        return Measure.Of(_model.Forward(images), Target);
    }
}
