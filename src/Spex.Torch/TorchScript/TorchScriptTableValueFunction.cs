using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Spex.Core;
using Spex.Core.Tables;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.TorchScript;

/// <summary>A row of a table and a TorchScript module as a value function: absent columns have a background row's numbers; with several background rows the value is the weighted mean of the module's.</summary>
/// <remarks>The module takes rows, B × columns float32, and gives B or B × 1 values, or B × C logits. As with <see cref="TorchScriptValueFunction"/>, a value does not depend on the batch.</remarks>
public sealed class TorchScriptTableValueFunction : ITorchValueFunction, IDisposable
{
    private const int RowsPerBlock = 256;
    private const int BlocksPerBatch = 16;

    private readonly ModuleOutput _output;
    private readonly MaskedForward _masked;
    private readonly Tensor _row;
    private readonly Tensor _background;
    private readonly Tensor _weights;

    /// <summary>Prepares the ablations of a row.</summary>
    /// <param name="module">The module; must live as long as this. Owned by the caller.</param>
    /// <param name="row">The row, one number a column.</param>
    /// <param name="background">What takes the place of absent columns.</param>
    /// <param name="target">The class's number, where the module gives logits; null for the one predicted for the row.</param>
    /// <param name="measure">What of the class.</param>
    /// <exception cref="SpexInputException">There is no such class.</exception>
    /// <exception cref="SpexException">The module throws, or gives another shape or type than it should.</exception>
    public TorchScriptTableValueFunction(
        TorchScriptModule module, double[] row, TableBackground background, string? target = null, ClassMeasure measure = ClassMeasure.Logit)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(background);
        FeatureCount = row.Length;
        int backgrounds = background.Rows.Count;
        _row = Single(row, module.Device).view(1, 1, FeatureCount).DetachFromDisposeScope();
        _background = Single([.. background.Rows.SelectMany(numbers => numbers)], module.Device).view(1, backgrounds, FeatureCount).DetachFromDisposeScope();
        _weights = Single([.. background.Weights], module.Device).DetachFromDisposeScope();
        try
        {
            using Tensor whole = _row.view(1, FeatureCount);
            _output = new ModuleOutput(module, whole, target, measure);
            double[] numbers = [.. row, .. background.Rows.SelectMany(values => values), .. background.Weights];
            Fingerprint = $"torchscript-table:{_output.Identity}:{Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<double>(numbers)))[..16]}:float32".ToLowerInvariant();
            int rows = Math.Max(1, RowsPerBlock / backgrounds);
            PreferredBatchSize = rows * BlocksPerBatch;
            _masked = new MaskedForward(FeatureCount, rows, Forward, module.Device);
            (FullValue, EmptyValue) = _masked.Corners();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the value is, for people: "the logit of class 3; the module says class 3".</summary>
    public string Description => _output.Description;

    /// <summary>Value of the mask with all features.</summary>
    public float FullValue { get; }

    /// <summary>Value of the mask without any feature.</summary>
    public float EmptyValue { get; }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize { get; }

    /// <inheritdoc/>
    public torch.Device ModelDevice => _output.Device;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => _masked.Evaluate(masks, values, cancel);

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _row.Dispose();
        _background.Dispose();
        _weights.Dispose();
    }

    private static Tensor Single(double[] numbers, torch.Device device) => tensor(Array.ConvertAll(numbers, number => (float)number), device: device);

    private Tensor Forward(Tensor masks)
    {
        long count = masks.shape[0], backgrounds = _weights.shape[0];
        Tensor rows = where(masks.unsqueeze(1).gt(TensorArithmetic.Number(0.5)), _row, _background).reshape(count * backgrounds, FeatureCount);
        return (_output.Values(rows).view(count, backgrounds) * _weights).sum(1);
    }
}
