using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>Llama and its kin, with rotary positions: LlamaForCausalLM (Llama 1 to 3, SmolLM, TinyLlama), MistralForCausalLM and Qwen2ForCausalLM.</summary>
public sealed class LlamaModel : DecoderModel
{
    /// <summary>Llama's name in config.json.</summary>
    internal const string Llama = "LlamaForCausalLM";

    /// <summary>Mistral's name in config.json.</summary>
    internal const string Mistral = "MistralForCausalLM";

    /// <summary>Qwen2's name in config.json.</summary>
    internal const string Qwen2 = "Qwen2ForCausalLM";

    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding;
    private readonly Tensor _norm;
    private readonly Tensor? _output;
    private readonly double _epsilon;

    /// <summary>Reads the model.</summary>
    /// <param name="configuration">Its config.json.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="Core.SpexInputException">A size or setting is not allowed, or a weight is missing or has another shape.</exception>
    public LlamaModel(ModelConfiguration configuration, ModelWeights weights)
        : base(configuration, weights, ShapeOf(configuration))
    {
        LlamaSettings settings = LlamaSettings.Of(configuration);
        _epsilon = settings.Epsilon;
        _rotary = RotaryEmbedding.Of(configuration, Shape.HeadSize, Compute, Device);
        try
        {
            _embedding = Own(weights.Take("model.embed_tokens.weight", Shape.VocabularySize, Shape.HiddenSize));
            _norm = Own(weights.Take("model.norm.weight", Shape.HiddenSize));
            _output = configuration.Flag("tie_word_embeddings", false) ? null : Own(weights.Take("lm_head.weight", Shape.VocabularySize, Shape.HiddenSize));
            for (int layer = 0; layer < Shape.LayerCount; layer++)
            {
                Add(new LlamaLayer(weights, $"model.layers.{layer}.", Shape, settings));
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
    private protected override Tensor Embed(Tensor ids, Tensor positions) => RowsOf(_embedding, ids);

    /// <inheritdoc/>
    internal override Rotation? RotationOf(Tensor positions) => _rotary.At(positions);

    /// <inheritdoc/>
    private protected override Tensor FinalNorm(Tensor states) => DecoderLayer.RootMeanSquareNorm(states, _norm, _epsilon);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _rotary.Dispose();
        base.Dispose(disposing);
    }

    private static DecoderShape ShapeOf(ModelConfiguration configuration)
    {
        int hidden = configuration.WholeNumber("hidden_size"), heads = configuration.WholeNumber("num_attention_heads");
        int keyHeads = configuration.WholeNumber("num_key_value_heads", 1, heads, configuration.Architecture == Mistral ? Math.Min(8, heads) : heads);
        if (heads % keyHeads != 0)
        {
            throw configuration.Wrong("num_key_value_heads", $"{keyHeads}", $"it must divide \"num_attention_heads\", which is {heads}");
        }

        if (!configuration.Has("head_dim") && hidden % heads != 0)
        {
            throw configuration.Wrong("num_attention_heads", $"{heads}", $"without \"head_dim\" it must divide \"hidden_size\", which is {hidden}");
        }

        int size = configuration.WholeNumber("head_dim", 2, int.MaxValue, Math.Max(2, hidden / heads));
        if (size % 2 != 0)
        {
            throw configuration.Wrong("head_dim", $"{size}", "rotary positions need an even size");
        }

        // Qwen2 has the window's size in every config.json, and a switch; its first layers have none.
        bool qwen = configuration.Architecture == Qwen2;
        bool windowed = configuration.Has("sliding_window") && (configuration.Architecture == Mistral || (qwen && configuration.Flag("use_sliding_window", false)));
        return new DecoderShape(
            configuration.WholeNumber("num_hidden_layers"), heads, keyHeads, size, hidden, configuration.WholeNumber("vocab_size"), configuration.WholeNumber("max_position_embeddings"))
        {
            Window = windowed ? configuration.WholeNumber("sliding_window") : null,
            FirstWindowLayer = qwen ? configuration.WholeNumber("max_window_layers", 0, int.MaxValue, 28) : 0,
        };
    }
}
