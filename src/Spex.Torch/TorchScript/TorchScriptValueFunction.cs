using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.TorchScript;

/// <summary>A TorchScript module as a value function: it takes masks itself, or token ids of which the absent ones are replaced.</summary>
/// <remarks>
/// Masks are float32, B × n, 1 for present and 0 for absent. Token ids are int64, B × n; a token that is not present has the id of the mask token. The module gives B or B × 1 values, or B × C logits. It always
/// runs on blocks of <see cref="Rows"/> rows, the last one filled up, so that a value does not depend on the batch; and on several blocks at once, so it must not keep a state.
/// </remarks>
public sealed class TorchScriptValueFunction : ITorchValueFunction, IDisposable
{
    /// <summary>Masks that pass through the module at once.</summary>
    public const int Rows = 64;

    private const int BlocksPerBatch = 16;

    private readonly ModuleOutput _output;
    private readonly MaskedForward _masked;
    private readonly Tensor? _ids;
    private readonly Tensor? _maskId;

    private TorchScriptValueFunction(TorchScriptModule module, int featureCount, int[]? ids, int maskId, string? target, ClassMeasure measure)
    {
        FeatureCount = featureCount;
        if (ids is not null)
        {
            _ids = tensor([.. ids.Select(id => (long)id)], 1, featureCount, device: module.Device).DetachFromDisposeScope();
            _maskId = tensor((long)maskId, device: module.Device).DetachFromDisposeScope();
        }

        try
        {
            using Tensor whole = _ids?.clone() ?? ones(1, featureCount, device: module.Device);
            _output = new ModuleOutput(module, whole, target, measure);
            string input = ids is null ? "masks" : $"tokens:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', ids))))[..16]}:{maskId}";
            Fingerprint = string.Create(CultureInfo.InvariantCulture, $"torchscript:{_output.Identity}:{input}:{featureCount}:float32").ToLowerInvariant();
            _masked = new MaskedForward(featureCount, Rows, Forward, module.Device);
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
    public int PreferredBatchSize => Rows * BlocksPerBatch;

    /// <summary>A module that takes masks.</summary>
    /// <param name="module">The module; must live as long as this. Owned by the caller.</param>
    /// <param name="featureCount">n, 1 or more.</param>
    /// <param name="target">The class's number, where it gives logits; null for the one predicted with all features present.</param>
    /// <param name="measure">What of the class.</param>
    /// <exception cref="SpexInputException">There is no such class.</exception>
    /// <exception cref="SpexException">The module throws, or gives another shape or type than it should.</exception>
    public static TorchScriptValueFunction OfMasks(TorchScriptModule module, int featureCount, string? target = null, ClassMeasure measure = ClassMeasure.Logit)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (featureCount is < 1 or > MaskMatrix.MaxFeatureCount)
        {
            throw new SpexInputException($"A module explains 1 to {MaskMatrix.MaxFeatureCount} features; got {featureCount}.");
        }

        return new TorchScriptValueFunction(module, featureCount, null, 0, target, measure);
    }

    /// <summary>A module that takes token ids; each token is a feature.</summary>
    /// <param name="module">The module; must live as long as this. Owned by the caller.</param>
    /// <param name="ids">The tokens of the text that is explained, 1 or more.</param>
    /// <param name="maskId">What stands in the place of a token that is not present.</param>
    /// <param name="target">The class's number, where it gives logits; null for the one predicted for the whole text.</param>
    /// <param name="measure">What of the class.</param>
    /// <exception cref="SpexInputException">There is no token, or no such class.</exception>
    /// <exception cref="SpexException">The module throws, or gives another shape or type than it should.</exception>
    public static TorchScriptValueFunction OfTokens(
        TorchScriptModule module, IReadOnlyList<int> ids, int maskId, string? target = null, ClassMeasure measure = ClassMeasure.Logit)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(ids);
        return ids.Count > 0
            ? new TorchScriptValueFunction(module, ids.Count, [.. ids], maskId, target, measure)
            : throw new SpexInputException("There are no token ids: there is nothing to switch off. Give at least one.");
    }

    /// <inheritdoc/>
    public torch.Device ModelDevice => _output.Device;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => _masked.Evaluate(masks, values, cancel);

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        _ids?.Dispose();
        _maskId?.Dispose();
    }

    private Tensor Forward(Tensor masks) => _output.Values(_ids is null ? masks : where(masks.to_type(ScalarType.Bool), _ids, _maskId!));
}
