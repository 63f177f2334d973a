using Spex.Torch.Native;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>One layer of an encoder, normed behind each of its parts (Vaswani et al., 2017).</summary>
internal sealed class EncoderLayer : nn.Module
{
    private readonly Func<Tensor, Tensor> _activation;
    private readonly EncoderShape _shape;
    private readonly double _epsilon;
    private readonly (Tensor Weight, Tensor Bias) _query, _keyValue, _output, _attentionNorm, _inner, _outer, _outputNorm;

    /// <summary>Takes the layer's weights.</summary>
    public EncoderLayer(ModelWeights weights, EncoderNames names, string prefix, EncoderShape shape, int innerSize, double epsilon, Func<Tensor, Tensor> activation)
        : base(prefix)
    {
        _shape = shape;
        _epsilon = epsilon;
        _activation = activation;
        int hidden = shape.HiddenSize;
        try
        {
            _query = Linear(weights, prefix + names.Query, hidden, hidden);
            _keyValue = Joined(weights, prefix + names.Key, prefix + names.Value, hidden);
            _output = Linear(weights, prefix + names.Output, hidden, hidden);
            _attentionNorm = Norm(weights, prefix + names.AttentionNorm, hidden);
            _inner = Linear(weights, prefix + names.Inner, innerSize, hidden);
            _outer = Linear(weights, prefix + names.Outer, hidden, innerSize);
            _outputNorm = Norm(weights, prefix + names.OutputNorm, hidden);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A norm's weight and bias; old files call them gamma and beta.</summary>
    public static (Tensor Weight, Tensor Bias) TakeNorm(ModelWeights weights, string name, long size)
    {
        bool old = !weights.Has($"{name}.weight") && weights.Has($"{name}.gamma");
        Tensor weight = weights.Take(old ? $"{name}.gamma" : $"{name}.weight", size);
        try
        {
            return (weight, weights.Take(old ? $"{name}.beta" : $"{name}.bias", size));
        }
        catch
        {
            weight.Dispose();
            throw;
        }
    }

    /// <summary>The layer's output.</summary>
    /// <param name="states">B × T × hidden.</param>
    /// <param name="visible">bool, B × 1 × 1 × T: what is attended to; null for all.</param>
    /// <param name="headFactors">What each head's output is multiplied by, B × 1 × heads × 1; null for 1.</param>
    /// <param name="firstOnly">Whether only the first token's output is wanted: the others' is not computed.</param>
    /// <returns>B × T × hidden, or B × 1 × hidden.</returns>
    public Tensor Run(Tensor states, Tensor? visible, Tensor? headFactors, bool firstOnly)
    {
        Tensor keyValue = F.linear(states, _keyValue.Weight, _keyValue.Bias);
        Tensor asking = firstOnly ? states.narrow(1, 0, 1) : states;
        int hidden = _shape.HiddenSize;
        Tensor heads = F.scaled_dot_product_attention(
            Split(F.linear(asking, _query.Weight, _query.Bias)), Split(keyValue.narrow(2, 0, hidden)), Split(keyValue.narrow(2, hidden, hidden)), visible).transpose(1, 2);
        heads = headFactors is null ? heads : heads * headFactors;
        Tensor attended = F.linear(heads.reshape(heads.shape[0], heads.shape[1], hidden), _output.Weight, _output.Bias);
        Tensor middle = F.layer_norm(asking.Plus(attended), [hidden], _attentionNorm.Weight, _attentionNorm.Bias, _epsilon);
        Tensor fed = F.linear(_activation(F.linear(middle, _inner.Weight, _inner.Bias)), _outer.Weight, _outer.Bias);
        return F.layer_norm(middle.Plus(fed), [hidden], _outputNorm.Weight, _outputNorm.Bias, _epsilon);
    }

    /// <summary>B × T × hidden → B × heads × T × size.</summary>
    private Tensor Split(Tensor joined) => joined.reshape(joined.shape[0], joined.shape[1], _shape.HeadCount, _shape.HiddenSize / _shape.HeadCount).transpose(1, 2);

    private (Tensor, Tensor) Linear(ModelWeights weights, string name, long outputs, long inputs) =>
        (Own(name + ".weight", weights.Take($"{name}.weight", outputs, inputs)), Own(name + ".bias", weights.Take($"{name}.bias", outputs)));

    private (Tensor, Tensor) Norm(ModelWeights weights, string name, long size)
    {
        (Tensor weight, Tensor bias) = TakeNorm(weights, name, size);
        return (Own(name + ".weight", weight), Own(name + ".bias", bias));
    }

    /// <summary>Keys and values from one product.</summary>
    private (Tensor, Tensor) Joined(ModelWeights weights, string key, string value, long size)
    {
        using Tensor keyWeight = weights.Take($"{key}.weight", size, size), valueWeight = weights.Take($"{value}.weight", size, size);
        using Tensor keyBias = weights.Take($"{key}.bias", size), valueBias = weights.Take($"{value}.bias", size);
        return (Own(key + ".weight", cat([keyWeight, valueWeight])), Own(key + ".bias", cat([keyBias, valueBias])));
    }

    private Tensor Own(string name, Tensor weight)
    {
        register_buffer(name.Replace('.', '_'), weight);
        return weight;
    }
}
