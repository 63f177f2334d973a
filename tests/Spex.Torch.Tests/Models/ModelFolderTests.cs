using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using Spex.Torch.Safetensors;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Models;

public sealed class ModelFolderTests
{
    [Fact]
    public void A_missing_folder_a_file_and_an_empty_folder_are_answered()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("There is no folder", Refused(() => ModelFolder.Open(folder["none"])), StringComparison.Ordinal);
        Assert.Contains("is a file", Refused(() => ModelFolder.Open(folder.Write("x", ""))), StringComparison.Ordinal);
        Assert.Contains("has no config.json", Refused(() => ModelFolder.Open(folder.FullName)), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_weights_are_answered_and_pickle_files_never_read()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", """{"architectures":["BertForSequenceClassification"]}""");
        Assert.Contains("has neither model.safetensors", Refused(() => ModelFolder.Open(folder.FullName).OpenWeights()), StringComparison.Ordinal);
        folder.Write("pytorch_model.bin", "");
        Assert.Contains("pytorch_model.bin is not read", Refused(() => ModelFolder.Open(folder.FullName).OpenWeights()), StringComparison.Ordinal);
        folder.Write("model.safetensors", "cut");
        Assert.Contains("cut short", Refused(() => ModelFolder.Open(folder.FullName).OpenWeights()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_architecture_is_named_with_the_known_ones()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", """{"architectures":["MambaForCausalLM"]}""");
        string message = Refused(() => ModelFolder.Open(folder.FullName).Load<PretrainedModel>());
        Assert.Contains("MambaForCausalLM is not known", message, StringComparison.Ordinal);
        Assert.All(ModelArchitectures.All, known => Assert.Contains(known.Name, message, StringComparison.Ordinal));
        folder.Write("config.json", "{}");
        Assert.Contains("names no architecture", Refused(() => ModelFolder.Open(folder.FullName).Load<PretrainedModel>()), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_are_taken_in_the_type_that_is_computed_with()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", "{}");
        SafetensorsWriter writer = new();
        writer.AddHalves("x", [2, 1], [1, 2]);
        writer.Save(folder["model.safetensors"]);
        using ModelWeights weights = ModelFolder.Open(folder.FullName).OpenWeights(ScalarType.BFloat16);
        using Tensor taken = weights.Take("x", 2, -1);
        Assert.Equal(ScalarType.BFloat16, taken.dtype);
        Assert.Equal([2L, 1], weights.ShapeOf("x"));
        Assert.Null(weights.ShapeOf("y"));
        Assert.False(weights.Has("y"));
        Assert.Equal(64, weights.Hash.Length);
        Assert.Contains("[2, 1]", Refused(() => weights.Take("x", 1, 2)), StringComparison.Ordinal);
    }

    private static string Refused(Action action) => Assert.Throws<SpexInputException>(action).Message;
}
