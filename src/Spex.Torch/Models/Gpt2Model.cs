using Spex.Torch.Native;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>GPT-2 (Radford et al., 2019): GPT2LMHeadModel, with learned positions.</summary>
public sealed class Gpt2Model : DecoderModel
{
    private readonly Tensor _embedding;
    private readonly Tensor _positions;
    private readonly Tensor _normWeight;
    private readonly Tensor _normBias;
    private readonly Tensor? _output;
    private readonly double _epsilon;

    /// <summary>Reads the model. Names may lack "transformer.", and buffers besides the weights are passed over.</summary>
    /// <param name="configuration">Its config.json.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="Core.SpexInputException">A size or setting is not allowed, or a weight is missing or has another shape.</exception>
    public Gpt2Model(ModelConfiguration configuration, ModelWeights weights)
        : base(configuration, weights, ShapeOf(configuration))
    {
        int hidden = Shape.HiddenSize;
        int inner = configuration.WholeNumber("n_inner", 1, int.MaxValue, 4 * hidden);
        _epsilon = configuration.Number("layer_norm_epsilon", 1e-5);
        Func<Tensor, Tensor> activation = Activations.Of(configuration, "activation_function", "gelu_new");
        string prefix = weights.Has("transformer.wte.weight") ? "transformer." : "";
        try
        {
            _embedding = Own(weights.Take($"{prefix}wte.weight", Shape.VocabularySize, hidden));
            _positions = Own(weights.Take($"{prefix}wpe.weight", Shape.ContextLength, hidden));
            _normWeight = Own(weights.Take($"{prefix}ln_f.weight", hidden));
            _normBias = Own(weights.Take($"{prefix}ln_f.bias", hidden));
            _output = configuration.Flag("tie_word_embeddings", true) ? null : Own(weights.Take("lm_head.weight", Shape.VocabularySize, hidden));
            for (int layer = 0; layer < Shape.LayerCount; layer++)
            {
                Add(new Gpt2Layer(weights, $"{prefix}h.{layer}.", Shape, inner, _epsilon, activation, QueryScale(configuration, layer)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    private protected override Tensor VocabularyWeight => _output ?? _embedding;

    /// <inheritdoc/>
    private protected override Tensor Embed(Tensor ids, Tensor positions) => RowsOf(_embedding, ids).Plus(RowsOf(_positions, positions));

    /// <inheritdoc/>
    private protected override Tensor FinalNorm(Tensor states) => DecoderLayer.LayerNorm(states, _normWeight, _normBias, _epsilon);

    private static DecoderShape ShapeOf(ModelConfiguration configuration)
    {
        int hidden = configuration.WholeNumber("n_embd"), heads = configuration.WholeNumber("n_head");
        if (hidden % heads != 0)
        {
            throw configuration.Wrong("n_head", $"{heads}", $"it must divide \"n_embd\", which is {hidden}");
        }

        return new DecoderShape(
            configuration.WholeNumber("n_layer"), heads, heads, hidden / heads, hidden, configuration.WholeNumber("vocab_size"), configuration.WholeNumber("n_positions"));
    }

    private double? QueryScale(ModelConfiguration configuration, int layer)
    {
        double scale = configuration.Flag("scale_attn_weights", true) ? 1 : Math.Sqrt(Shape.HeadSize);
        scale /= configuration.Flag("scale_attn_by_inverse_layer_idx", false) ? layer + 1 : 1;
        return scale == 1 ? null : scale;
    }
}
