using Spex.Core;
using Spex.Torch.Models;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Images;

/// <summary>A vision transformer that sorts images into classes (Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021): ViTForImageClassification.</summary>
/// <remarks>The classification token of the last layer alone is computed, since nothing else is read of it. Passes may run on several threads at once.</remarks>
public sealed class VisionTransformer : PretrainedModel
{
    /// <summary>Its name in config.json's "architectures".</summary>
    public const string ArchitectureName = "ViTForImageClassification";

    private readonly List<Tensor> _owned = [];
    private readonly List<VisionTransformerLayer> _layers = [];
    private readonly double _epsilon;
    private readonly Tensor _patchWeight, _patchBias, _first, _positions, _normWeight, _normBias, _classWeight, _classBias;

    /// <summary>Reads the model.</summary>
    /// <param name="configuration">Its config.json.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="SpexInputException">A size or setting is not allowed, or a weight is missing or has another shape.</exception>
    public VisionTransformer(ModelConfiguration configuration, ModelWeights weights)
        : base(configuration, weights)
    {
        int hidden = configuration.WholeNumber("hidden_size"), heads = configuration.WholeNumber("num_attention_heads");
        ImageSize = configuration.WholeNumber("image_size", 1, 1 << 14, 224);
        PatchSize = configuration.WholeNumber("patch_size", 1, ImageSize, 16);
        Labels = configuration.Labels;
        int channels = configuration.WholeNumber("num_channels", 1, 1 << 10, 3);
        if (hidden % heads != 0)
        {
            throw configuration.Wrong("num_attention_heads", $"{heads}", $"it must divide \"hidden_size\", which is {hidden}");
        }

        if (channels != 3)
        {
            throw configuration.Wrong("num_channels", $"{channels}", "pictures have 3, red, green and blue");
        }

        if (ImageSize % PatchSize != 0)
        {
            throw configuration.Wrong("patch_size", $"{PatchSize}", $"it must divide \"image_size\", which is {ImageSize}");
        }

        _epsilon = configuration.Number("layer_norm_eps", 1e-12);
        Func<Tensor, Tensor> activation = Activations.Of(configuration, "hidden_act", "gelu");
        int side = ImageSize / PatchSize, inner = configuration.WholeNumber("intermediate_size");
        Tensor Take(string name, params long[] shape)
        {
            Tensor taken = weights.Take(name, shape).DetachFromDisposeScope();
            _owned.Add(taken);
            return taken;
        }

        try
        {
            _patchWeight = Take("vit.embeddings.patch_embeddings.projection.weight", hidden, channels, PatchSize, PatchSize);
            _patchBias = Take("vit.embeddings.patch_embeddings.projection.bias", hidden);
            _first = Take("vit.embeddings.cls_token", 1, 1, hidden);
            _positions = Take("vit.embeddings.position_embeddings", 1, (side * side) + 1, hidden);
            for (int layer = 0; layer < configuration.WholeNumber("num_hidden_layers"); layer++)
            {
                _layers.Add(new VisionTransformerLayer(Take, $"vit.encoder.layer.{layer}.", hidden, heads, inner, configuration.Flag("qkv_bias", true), _epsilon, activation));
            }

            _normWeight = Take("vit.layernorm.weight", hidden);
            _normBias = Take("vit.layernorm.bias", hidden);
            _classWeight = Take("classifier.weight", Labels.Count, hidden);
            _classBias = Take("classifier.bias", Labels.Count);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Rows and columns of an image.</summary>
    public int ImageSize { get; }

    /// <summary>Rows and columns of a token's patch.</summary>
    public int PatchSize { get; }

    /// <summary>The classes, in the order of the logits.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The logits of images.</summary>
    /// <param name="images">B × 3 × <see cref="ImageSize"/> × <see cref="ImageSize"/>, normalised, on the model's device.</param>
    /// <returns>float32, B × classes; the caller disposes it.</returns>
    public Tensor Forward(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.dim() != 4 || images.shape[1] != 3 || images.shape[2] != ImageSize || images.shape[3] != ImageSize)
        {
            throw new ArgumentException($"Images are B × 3 × {ImageSize} × {ImageSize}; got [{string.Join(", ", images.shape)}].", nameof(images));
        }

        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor patches = F.conv2d(images.to_type(Compute), _patchWeight, _patchBias, [PatchSize, PatchSize]).flatten(2).transpose(1, 2);
        Tensor states = cat([_first.expand(images.shape[0], -1, -1), patches], 1).Plus(_positions);
        for (int layer = 0; layer < _layers.Count; layer++)
        {
            states = _layers[layer].Forward(states, onlyFirst: layer == _layers.Count - 1);
        }

        Tensor normed = F.layer_norm(states.select(1, 0), _normWeight.shape, _normWeight, _normBias, _epsilon);
        return F.linear(normed, _classWeight, _classBias).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _owned.ForEach(tensor => tensor.Dispose());
        _owned.Clear();
    }
}
