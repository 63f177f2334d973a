using Spex.Core;
using Spex.Torch.Safetensors;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>A model's weights by name, read from safetensors as they are taken.</summary>
/// <remarks>A tensor that was taken belongs to who took it; it lives on when this is disposed.</remarks>
public sealed class ModelWeights : IDisposable
{
    private readonly SafetensorsSet _set;

    /// <summary>Weights of a file or set.</summary>
    /// <param name="set">The tensors; disposed with this.</param>
    /// <param name="compute">What they are computed with: Float32, or BFloat16.</param>
    /// <param name="device">Where they go; null for the processor.</param>
    public ModelWeights(SafetensorsSet set, ScalarType compute = ScalarType.Float32, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        _set = set;
        Compute = compute;
        Device = device ?? CPU;
    }

    /// <summary>What messages call them: the path of the file or index.</summary>
    public string Name => _set.Name;

    /// <summary>The type of every tensor that is taken.</summary>
    public ScalarType Compute { get; }

    /// <summary>Where every tensor that is taken lies.</summary>
    public Device Device { get; }

    /// <summary>The names in the file.</summary>
    public IReadOnlyCollection<string> Names => _set.Names;

    /// <summary>SHA-256 of the files' whole content, for fingerprints; reads all of it when first asked for.</summary>
    public string Hash => _set.Hash;

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Has(string name) => _set.Has(name);

    /// <summary>The shape of a tensor as stored; null when there is none.</summary>
    public IReadOnlyList<long>? ShapeOf(string name) => _set.Find(name)?.Shape;

    /// <summary>A tensor, in the type that is computed with: F16 and BF16 storage is widened to float32 exactly.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">The extents it must have; −1 for any.</param>
    /// <returns>The tensor, without gradient; the caller owns it.</returns>
    /// <exception cref="SpexInputException">It is missing, has another shape, or holds no floating-point numbers.</exception>
    public Tensor Take(string name, params long[] shape)
    {
        Tensor tensor = _set.Read(name, Compute, shape);
        if (Device.type == TorchSharp.DeviceType.CPU)
        {
            return tensor;
        }

        using (tensor)
        {
            return tensor.to(Device);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _set.Dispose();
}
