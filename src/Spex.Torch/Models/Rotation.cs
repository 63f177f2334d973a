using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>The turns of rotary positions (Su et al., RoFormer, 2021): cosines and sines of every token's angles, B × 1 × T × size/2.</summary>
/// <param name="Cosines">cos(p·θ_i).</param>
/// <param name="Sines">sin(p·θ_i).</param>
internal sealed record Rotation(Tensor Cosines, Tensor Sines)
{
    /// <summary>Turns heads, B × heads × T × size; number i is paired with number i + size/2.</summary>
    internal Tensor Turn(Tensor heads)
    {
        using DisposeScope scope = NewDisposeScope();
        long half = heads.shape[^1] / 2;
        Tensor first = heads.narrow(-1, 0, half), second = heads.narrow(-1, half, half);
        return cat([(first * Cosines) - (second * Sines), (second * Cosines).Plus(first * Sines)], -1).MoveToOuterDisposeScope();
    }

    /// <summary>The turns of some of the tokens.</summary>
    internal Rotation Of(Tensor tokens) => new(Cosines.index_select(2, tokens), Sines.index_select(2, tokens));
}
