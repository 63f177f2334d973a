using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>What the members of Llama's family differ in, beside their sizes.</summary>
/// <param name="Inner">Width of the feed-forward part.</param>
/// <param name="Epsilon">Of the norms.</param>
/// <param name="Activation">Of the feed-forward part's gate.</param>
/// <param name="QueryKeyValueBias">Whether queries, keys and values have biases.</param>
/// <param name="OutputBias">Whether the output projection has one.</param>
/// <param name="FeedForwardBias">Whether the feed-forward part has them.</param>
internal sealed record LlamaSettings(int Inner, double Epsilon, Func<Tensor, Tensor> Activation, bool QueryKeyValueBias, bool OutputBias, bool FeedForwardBias)
{
    /// <summary>What a config.json says: Qwen2 has biases by its architecture, Llama and its kin by settings.</summary>
    public static LlamaSettings Of(ModelConfiguration configuration)
    {
        bool qwen = configuration.Architecture == LlamaModel.Qwen2;
        bool attention = configuration.Flag("attention_bias", false);
        return new LlamaSettings(
            configuration.WholeNumber("intermediate_size"),
            configuration.Number("rms_norm_eps", 1e-6),
            Activations.Of(configuration, "hidden_act", "silu"),
            qwen || attention,
            !qwen && attention,
            configuration.Flag("mlp_bias", false));
    }
}
