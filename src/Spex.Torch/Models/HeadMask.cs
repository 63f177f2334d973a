using Spex.Torch.Native;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>Which attention heads are kept, in some layers one after the other. The others' outputs are multiplied by 0 before the output projection, whose bias stays.</summary>
/// <param name="FirstLayer">The first layer with a mask; layers before it and behind the last are whole.</param>
/// <param name="Kept">float32, B × layers × heads, 1 for a kept head and 0 for another; on the model's device. Belongs to the caller.</param>
/// <param name="Rescaled">
/// Whether each layer's kept heads are multiplied by H / (number kept), as the ProxySPEX paper (Butler et al., 2025) does; a layer without any gives the bias alone, either way.
/// </param>
public sealed record HeadMask(int FirstLayer, Tensor Kept, bool Rescaled)
{
    /// <summary>Number of layers that have a mask.</summary>
    public int LayerCount => (int)Kept.shape[1];

    /// <summary>What the heads' outputs are multiplied by: B × layers × heads.</summary>
    internal Tensor Factors()
    {
        if (!Rescaled)
        {
            return Kept.alias();
        }

        using Tensor kept = Kept.sum(-1, keepdim: true);
        using Tensor atLeastOne = kept.clamp(min: TensorArithmetic.Number(1));
        using Tensor share = atLeastOne.reciprocal();
        using Tensor scale = share.Times(Kept.shape[2]);
        return Kept * scale;
    }
}
