using Spex.Torch.Native;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Images;

/// <summary>A layer of a vision transformer: pre-norm attention and pre-norm feed-forward, each with a residual.</summary>
internal sealed class VisionTransformerLayer
{
    private readonly int _heads;
    private readonly double _epsilon;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly (Tensor Weight, Tensor? Bias) _norm1, _query, _key, _value, _projection, _norm2, _up, _down;

    /// <summary>Takes a layer's weights.</summary>
    /// <param name="take">Gives a tensor of a name and shape, and owns it.</param>
    /// <param name="prefix">What the names begin with: "vit.encoder.layer.0.".</param>
    /// <param name="hidden">Numbers a token.</param>
    /// <param name="heads">Attention heads; divides hidden.</param>
    /// <param name="inner">Width of the feed-forward part.</param>
    /// <param name="queryBias">Whether queries, keys and values have biases.</param>
    /// <param name="epsilon">Of the norms.</param>
    /// <param name="activation">Of the feed-forward part.</param>
    public VisionTransformerLayer(
        Func<string, long[], Tensor> take, string prefix, int hidden, int heads, int inner, bool queryBias, double epsilon, Func<Tensor, Tensor> activation)
    {
        (_heads, _epsilon, _activation) = (heads, epsilon, activation);
        (Tensor, Tensor?) Pair(string name, bool bias, params long[] shape) => (take($"{prefix}{name}.weight", shape), bias ? take($"{prefix}{name}.bias", [shape[0]]) : null);
        _norm1 = Pair("layernorm_before", true, hidden);
        _query = Pair("attention.attention.query", queryBias, hidden, hidden);
        _key = Pair("attention.attention.key", queryBias, hidden, hidden);
        _value = Pair("attention.attention.value", queryBias, hidden, hidden);
        _projection = Pair("attention.output.dense", true, hidden, hidden);
        _norm2 = Pair("layernorm_after", true, hidden);
        _up = Pair("intermediate.dense", true, inner, hidden);
        _down = Pair("output.dense", true, hidden, inner);
    }

    /// <summary>From states, B × T × hidden, to the states behind the layer; of the first token alone where only that is asked for: B × 1 × hidden.</summary>
    public Tensor Forward(Tensor states, bool onlyFirst)
    {
        Tensor normed = Norm(states, _norm1), asked = onlyFirst ? states.narrow(1, 0, 1) : states;
        Tensor attended = F.scaled_dot_product_attention(
            Split(Linear(onlyFirst ? normed.narrow(1, 0, 1) : normed, _query)), Split(Linear(normed, _key)), Split(Linear(normed, _value)));
        Tensor joined = attended.transpose(1, 2).reshape(asked.shape);
        Tensor middle = asked.Plus(Linear(joined, _projection));
        return middle.Plus(Linear(_activation(Linear(Norm(middle, _norm2), _up)), _down));
    }

    private static Tensor Linear(Tensor x, (Tensor Weight, Tensor? Bias) layer) => F.linear(x, layer.Weight, layer.Bias);

    private Tensor Norm(Tensor x, (Tensor Weight, Tensor? Bias) norm) => F.layer_norm(x, norm.Weight.shape, norm.Weight, norm.Bias, _epsilon);

    /// <summary>B × T × hidden to B × heads × T × size.</summary>
    private Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);
}
