using Spex.Core;
using Spex.Torch.Images;
using static TorchSharp.torch;

namespace Spex.Torch.TorchScript;

/// <summary>A TorchScript module that takes images, B × 3 × height × width float32, and gives B × C logits (or B values, one class).</summary>
public sealed class TorchScriptClassifier : ImageClassifier
{
    private readonly TorchScriptModule _module;

    /// <summary>Makes a classifier.</summary>
    /// <param name="module">The module; disposed with this.</param>
    /// <param name="preparation">How images are prepared: their size, mean and deviation, which the file does not tell.</param>
    /// <param name="classNames">The classes' names in the order of the logits; null where they have none.</param>
    public TorchScriptClassifier(TorchScriptModule module, ImagePreparation preparation, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(preparation);
        _module = module;
        Preparation = preparation;
        ClassNames = classNames;
    }

    /// <inheritdoc/>
    public override string Name => Path.GetFileName(_module.Path);

    /// <inheritdoc/>
    public override string Hash => _module.Hash;

    /// <inheritdoc/>
    public override Device Device => _module.Device;

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames { get; }

    /// <inheritdoc/>
    public override ImagePreparation Preparation { get; }

    /// <inheritdoc/>
    /// <exception cref="SpexException">The module throws, or gives another shape or type than it should.</exception>
    public override Tensor Forward(Tensor images)
    {
        Tensor result = _module.Run(images);
        return result.dim() == 1 ? result.unsqueeze(1) : result;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _module.Dispose();
}
