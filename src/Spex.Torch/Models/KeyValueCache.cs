using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>Keys and values of a text's first tokens in every layer: computed once, for all texts that begin alike.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly (Tensor Keys, Tensor Values)[] _layers;

    /// <summary>Takes over keys and values, one pair a layer, each 1 × key heads × T × head size.</summary>
    internal KeyValueCache((Tensor Keys, Tensor Values)[] layers) => _layers = layers;

    /// <summary>Number of tokens.</summary>
    public int Length => (int)_layers[0].Keys.shape[2];

    /// <summary>A layer's keys and values.</summary>
    internal (Tensor Keys, Tensor Values) this[int layer] => _layers[layer];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((Tensor keys, Tensor values) in _layers)
        {
            keys.Dispose();
            values.Dispose();
        }
    }
}
