using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>A layer of Llama's family: root mean square norms, grouped keys and values, gated feed-forward; biases where the model has them.</summary>
internal sealed class LlamaLayer : DecoderLayer
{
    private readonly double _epsilon;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly Tensor _norm1;
    private readonly (Tensor Weight, Tensor? Bias) _query;
    private readonly (Tensor Weight, Tensor? Bias) _key;
    private readonly (Tensor Weight, Tensor? Bias) _value;
    private readonly (Tensor Weight, Tensor? Bias) _projection;
    private readonly Tensor _norm2;
    private readonly (Tensor Weight, Tensor? Bias) _gate;
    private readonly (Tensor Weight, Tensor? Bias) _up;
    private readonly (Tensor Weight, Tensor? Bias) _down;

    /// <summary>Takes a layer's weights.</summary>
    /// <param name="weights">The model's.</param>
    /// <param name="prefix">What their names begin with: "model.layers.0.".</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="settings">What the family's members differ in.</param>
    public LlamaLayer(ModelWeights weights, string prefix, DecoderShape shape, LlamaSettings settings)
        : base("llama_layer")
    {
        (_epsilon, _activation) = (settings.Epsilon, settings.Activation);
        long hidden = shape.HiddenSize, heads = (long)shape.HeadCount * shape.HeadSize, keys = (long)shape.KeyHeadCount * shape.HeadSize;
        (Tensor, Tensor?) Linear(string name, long outputs, long inputs, bool bias) => (
            Own(name.Replace('.', '_'), weights.Take($"{prefix}{name}.weight", outputs, inputs)),
            bias ? Own($"{name.Replace('.', '_')}_bias", weights.Take($"{prefix}{name}.bias", outputs)) : null);

        _norm1 = Own("norm1", weights.Take($"{prefix}input_layernorm.weight", hidden));
        _query = Linear("self_attn.q_proj", heads, hidden, settings.QueryKeyValueBias);
        _key = Linear("self_attn.k_proj", keys, hidden, settings.QueryKeyValueBias);
        _value = Linear("self_attn.v_proj", keys, hidden, settings.QueryKeyValueBias);
        _projection = Linear("self_attn.o_proj", hidden, heads, settings.OutputBias);
        _norm2 = Own("norm2", weights.Take($"{prefix}post_attention_layernorm.weight", hidden));
        _gate = Linear("mlp.gate_proj", settings.Inner, hidden, settings.FeedForwardBias);
        _up = Linear("mlp.up_proj", settings.Inner, hidden, settings.FeedForwardBias);
        _down = Linear("mlp.down_proj", hidden, settings.Inner, settings.FeedForwardBias);
    }

    public override Tensor AttentionNorm(Tensor states) => RootMeanSquareNorm(states, _norm1, _epsilon);

    public override Tensor Queries(Tensor normed) => F.linear(normed, _query.Weight, _query.Bias);

    public override (Tensor Keys, Tensor Values) KeysAndValues(Tensor normed) => (F.linear(normed, _key.Weight, _key.Bias), F.linear(normed, _value.Weight, _value.Bias));

    public override Tensor Project(Tensor heads) => F.linear(heads, _projection.Weight, _projection.Bias);

    public override Tensor FeedForward(Tensor states)
    {
        Tensor normed = RootMeanSquareNorm(states, _norm2, _epsilon);
        return F.linear(_activation(F.linear(normed, _gate.Weight, _gate.Bias)) * F.linear(normed, _up.Weight, _up.Bias), _down.Weight, _down.Bias);
    }
}
