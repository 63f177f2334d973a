using Spex.Core;
using Spex.Torch.Native;
using Spex.Torch.Safetensors;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>A folder as Hugging Face's libraries save models: config.json, weights as safetensors, tokenizer files.</summary>
/// <remarks>Nothing in it is ever executed, and pickle files (.bin, .pt, .pth) are never read.</remarks>
public sealed class ModelFolder
{
    /// <summary>The weights' file.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>The index of weights in several files.</summary>
    public const string IndexFile = WeightsFile + ".index.json";

    /// <summary>The configuration's file.</summary>
    public const string ConfigurationFile = "config.json";

    private ModelFolder(string path, ModelConfiguration configuration)
    {
        Path = path;
        Configuration = configuration;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Its config.json.</summary>
    public ModelConfiguration Configuration { get; }

    /// <summary>Opens a folder and reads its config.json.</summary>
    /// <exception cref="SpexInputException">There is no such folder, or its config.json is missing or malformed.</exception>
    public static ModelFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new SpexInputException(
                File.Exists(path)
                    ? $"{path} is a file; a model's folder with {ConfigurationFile}, {WeightsFile} and its tokenizer's files is needed."
                    : $"There is no folder {path}; check the path.");
        }

        ModelFolder folder = new(path, null!);
        return folder.Has(ConfigurationFile)
            ? new ModelFolder(path, ModelConfiguration.Read(folder.FileOf(ConfigurationFile)))
            : throw new SpexInputException($"{path} has no {ConfigurationFile}; a model's folder needs it, {WeightsFile} and the tokenizer's files.");
    }

    /// <summary>The path of a file in the folder.</summary>
    public string FileOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether the folder has a file.</summary>
    public bool Has(string name) => File.Exists(FileOf(name));

    /// <summary>Maps the weights: model.safetensors, or what model.safetensors.index.json names.</summary>
    /// <param name="compute">What they are computed with: Float32, or BFloat16.</param>
    /// <param name="device">Where they go; null for the processor.</param>
    /// <exception cref="SpexInputException">They are missing or malformed.</exception>
    public ModelWeights OpenWeights(ScalarType compute = ScalarType.Float32, Device? device = null)
    {
        TorchRuntime.EnsureLoaded();
        if (Has(WeightsFile))
        {
            return new ModelWeights(SafetensorsSet.Open(FileOf(WeightsFile)), compute, device);
        }

        if (Has(IndexFile))
        {
            return new ModelWeights(SafetensorsSet.OpenIndex(FileOf(IndexFile)), compute, device);
        }

        string? pickle = Directory.EnumerateFiles(Path).Select(System.IO.Path.GetFileName).Order(StringComparer.Ordinal)
            .FirstOrDefault(file => System.IO.Path.GetExtension(file) is ".bin" or ".pt" or ".pth");
        throw new SpexInputException(
            $"{Path} has neither {WeightsFile} nor {IndexFile}."
            + (pickle is null ? " Save the model again as safetensors." : $" {pickle} is not read, since such files can run code; save the model again as safetensors (save_pretrained with safe_serialization=True)."));
    }

    /// <summary>Makes the model that config.json names and gives it its weights.</summary>
    /// <typeparam name="TModel">The kind of model that is needed.</typeparam>
    /// <param name="compute">What it computes with: Float32, or BFloat16.</param>
    /// <param name="device">Where it runs; null for the processor.</param>
    /// <exception cref="SpexInputException">The architecture is unknown (the known ones are listed) or of another kind, or the weights do not fit it.</exception>
    public TModel Load<TModel>(ScalarType compute = ScalarType.Float32, Device? device = null)
        where TModel : PretrainedModel
    {
        ModelArchitecture architecture = ModelArchitectures.Find(Configuration);
        if (!typeof(TModel).IsAssignableFrom(architecture.Model))
        {
            throw new SpexInputException(
                $"{Path} holds {architecture.Name}, which is {architecture.What}; here one of {ModelArchitectures.NamesOf(typeof(TModel))} is needed.");
        }

        using ModelWeights weights = OpenWeights(compute, device);
        return (TModel)architecture.Create(Configuration, weights);
    }
}
