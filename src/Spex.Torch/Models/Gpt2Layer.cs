using Spex.Torch.Native;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>A layer of GPT-2: layer norms, one projection for queries, keys and values, two-layer feed-forward, biases everywhere.</summary>
internal sealed class Gpt2Layer : DecoderLayer
{
    private readonly int _hidden;
    private readonly double _epsilon;
    private readonly Func<Tensor, Tensor> _activation;
    private readonly double? _queryScale;
    private readonly Tensor _norm1Weight;
    private readonly Tensor _norm1Bias;
    private readonly Tensor _queryWeight;
    private readonly Tensor _queryBias;
    private readonly Tensor _keyValueWeight;
    private readonly Tensor _keyValueBias;
    private readonly Tensor _projectionWeight;
    private readonly Tensor _projectionBias;
    private readonly Tensor _norm2Weight;
    private readonly Tensor _norm2Bias;
    private readonly Tensor _upWeight;
    private readonly Tensor _upBias;
    private readonly Tensor _downWeight;
    private readonly Tensor _downBias;

    /// <summary>Takes a layer's weights.</summary>
    /// <param name="weights">The model's.</param>
    /// <param name="prefix">What their names begin with: "h.0.".</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="inner">Width of the feed-forward part.</param>
    /// <param name="epsilon">Of the norms.</param>
    /// <param name="activation">Of the feed-forward part.</param>
    /// <param name="queryScale">Queries are multiplied by it, besides the 1/√size of attention; null for 1.</param>
    public Gpt2Layer(ModelWeights weights, string prefix, DecoderShape shape, int inner, double epsilon, Func<Tensor, Tensor> activation, double? queryScale)
        : base("gpt2_layer")
    {
        int hidden = shape.HiddenSize;
        (_hidden, _epsilon, _activation, _queryScale) = (hidden, epsilon, activation, queryScale);
        Tensor Vector(string name, long length) => Own(name.Replace('.', '_'), weights.Take($"{prefix}{name}", length));

        _norm1Weight = Vector("ln_1.weight", hidden);
        _norm1Bias = Vector("ln_1.bias", hidden);
        using (Tensor joined = Turned(weights, $"{prefix}attn.c_attn.weight", hidden, 3L * hidden))
        using (Tensor joinedBias = weights.Take($"{prefix}attn.c_attn.bias", 3L * hidden))
        {
            // Queries apart from keys and values: the last layer asks for the queries of a few tokens only.
            _queryWeight = Own("query_weight", joined.narrow(0, 0, hidden).clone());
            _keyValueWeight = Own("key_value_weight", joined.narrow(0, hidden, 2L * hidden).clone());
            _queryBias = Own("query_bias", joinedBias.narrow(0, 0, hidden).clone());
            _keyValueBias = Own("key_value_bias", joinedBias.narrow(0, hidden, 2L * hidden).clone());
        }

        _projectionWeight = Own("projection_weight", Turned(weights, $"{prefix}attn.c_proj.weight", hidden, hidden));
        _projectionBias = Vector("attn.c_proj.bias", hidden);
        _norm2Weight = Vector("ln_2.weight", hidden);
        _norm2Bias = Vector("ln_2.bias", hidden);
        _upWeight = Own("up_weight", Turned(weights, $"{prefix}mlp.c_fc.weight", hidden, inner));
        _upBias = Vector("mlp.c_fc.bias", inner);
        _downWeight = Own("down_weight", Turned(weights, $"{prefix}mlp.c_proj.weight", inner, hidden));
        _downBias = Vector("mlp.c_proj.bias", hidden);
    }

    public override Tensor AttentionNorm(Tensor states) => LayerNorm(states, _norm1Weight, _norm1Bias, _epsilon);

    public override Tensor Queries(Tensor normed)
    {
        Tensor queries = F.linear(normed, _queryWeight, _queryBias);
        return _queryScale is { } scale ? queries.Times(scale) : queries;
    }

    public override (Tensor Keys, Tensor Values) KeysAndValues(Tensor normed)
    {
        Tensor joined = F.linear(normed, _keyValueWeight, _keyValueBias);
        return (joined.narrow(-1, 0, _hidden), joined.narrow(-1, _hidden, _hidden));
    }

    public override Tensor Project(Tensor heads) => F.linear(heads, _projectionWeight, _projectionBias);

    public override Tensor FeedForward(Tensor states) =>
        F.linear(_activation(F.linear(LayerNorm(states, _norm2Weight, _norm2Bias, _epsilon), _upWeight, _upBias)), _downWeight, _downBias);

    /// <summary>A matrix that the files keep as inputs × outputs, turned to the outputs × inputs that torch's linear takes.</summary>
    private static Tensor Turned(ModelWeights weights, string name, long inputs, long outputs)
    {
        using Tensor stored = weights.Take(name, inputs, outputs);
        using Tensor turned = stored.t();
        return turned.contiguous();
    }
}
