using Spex.Core;
using Spex.Torch.Images;

namespace Spex.Torch.Models;

/// <summary>The architectures that can be run: the one list of them.</summary>
public static class ModelArchitectures
{
    private static readonly ModelArchitecture[] Known =
    [
        new(EncoderNames.Bert, "a text classifier", typeof(EncoderClassifier), static (configuration, weights) => new EncoderClassifier(configuration, weights)),
        new(EncoderNames.DistilBert, "a text classifier", typeof(EncoderClassifier), static (configuration, weights) => new EncoderClassifier(configuration, weights)),
        new(EncoderNames.Roberta, "a text classifier", typeof(EncoderClassifier), static (configuration, weights) => new EncoderClassifier(configuration, weights)),
        new("GPT2LMHeadModel", "a language model", typeof(Gpt2Model), static (configuration, weights) => new Gpt2Model(configuration, weights)),
        new(LlamaModel.Llama, "a language model", typeof(LlamaModel), static (configuration, weights) => new LlamaModel(configuration, weights)),
        new(LlamaModel.Mistral, "a language model", typeof(LlamaModel), static (configuration, weights) => new LlamaModel(configuration, weights)),
        new(LlamaModel.Qwen2, "a language model", typeof(LlamaModel), static (configuration, weights) => new LlamaModel(configuration, weights)),
        new(VisionTransformer.ArchitectureName, "an image classifier", typeof(VisionTransformer), static (configuration, weights) => new VisionTransformer(configuration, weights)),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ModelArchitecture> All => Known;

    /// <summary>Their names, for messages.</summary>
    internal static string KnownNames => string.Join(", ", Known.Select(known => known.Name));

    /// <summary>The architecture that a config.json names.</summary>
    /// <exception cref="SpexInputException">It names none, or one that is not known; the known ones are listed.</exception>
    public static ModelArchitecture Find(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        string name = configuration.Architecture;
        return Array.Find(Known, known => known.Name == name)
            ?? throw new SpexInputException($"{configuration.Path}: the architecture {name} is not known. Known are {KnownNames}.");
    }

    /// <summary>The names of those that make a kind of model, for messages.</summary>
    internal static string NamesOf(Type kind) => string.Join(", ", Known.Where(known => kind.IsAssignableFrom(known.Model)).Select(known => known.Name));
}
