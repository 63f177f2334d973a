using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>One layer of a decoder: what differs between the families; attention itself, masks and caches are the model's.</summary>
internal abstract class DecoderLayer : nn.Module
{
    protected DecoderLayer(string name)
        : base(name)
    {
    }

    /// <summary>The norm before attention.</summary>
    public abstract Tensor AttentionNorm(Tensor states);

    /// <summary>Queries, B × T × (heads·size), of normed states.</summary>
    public abstract Tensor Queries(Tensor normed);

    /// <summary>Keys and values, each B × T × (key heads·size), of normed states.</summary>
    public abstract (Tensor Keys, Tensor Values) KeysAndValues(Tensor normed);

    /// <summary>The output projection of the heads' outputs side by side, B × T × (heads·size).</summary>
    public abstract Tensor Project(Tensor heads);

    /// <summary>The feed-forward part with the norm before it, without the residual.</summary>
    public abstract Tensor FeedForward(Tensor states);

    /// <summary>Takes a weight and owns it.</summary>
    protected Tensor Own(string name, Tensor weight)
    {
        register_buffer(name, weight);
        return weight;
    }

    /// <summary>Root mean square norm (Zhang and Sennrich, 2019), in float32 as the reference does it: w·x/√(mean(x²) + ε).</summary>
    internal static Tensor RootMeanSquareNorm(Tensor states, Tensor weight, double epsilon)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = states.to_type(ScalarType.Float32);
        Tensor normed = wide * (wide * wide).mean([-1], keepdim: true).Plus(epsilon).rsqrt();
        return (weight * normed.to_type(weight.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>Layer norm of the last dimension.</summary>
    internal static Tensor LayerNorm(Tensor states, Tensor weight, Tensor bias, double epsilon) => F.layer_norm(states, weight.shape, weight, bias, epsilon);
}
