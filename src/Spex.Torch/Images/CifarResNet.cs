using System.Globalization;
using Spex.Core;
using Spex.Torch.Models;
using Spex.Torch.Native;
using Spex.Torch.Safetensors;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Spex.Torch.Images;

/// <summary>A residual network for 32 × 32 images (He, Zhang, Ren, Sun, CVPR 2016, section 4.2): 6k + 2 layers with 16, 32 and 64 channels, shortcuts without parameters (option A).</summary>
/// <remarks>
/// Known by its tensors' names, those of the public CIFAR-10 weights of ResNet-20 to ResNet-110: conv1.weight, bn1.*, layerS.K.conv1.weight, layerS.K.bn1.*, layerS.K.conv2.weight, layerS.K.bn2.*, linear.*. Batch
/// normalisation is folded into the convolutions in float64. Images: red, green and blue 0 to 1, minus (.485, .456, .406), divided by (.229, .224, .225), as the weights were trained with.
/// </remarks>
public sealed class CifarResNet : ImageClassifier
{
    /// <summary>Rows and columns of an image.</summary>
    public const int Size = 32;

    private const int Stages = 3;
    private const double NormEpsilon = 1e-5;
    private const string Counter = ".num_batches_tracked";

    private static readonly string[] Cifar10 = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private readonly Convolution _first;
    private readonly List<Block> _blocks;
    private readonly Tensor _linearWeight;
    private readonly Tensor _linearBias;

    private CifarResNet(string hash, Convolution first, List<Block> blocks, Tensor linearWeight, Tensor linearBias)
    {
        Hash = hash;
        _first = first;
        _blocks = blocks;
        _linearWeight = linearWeight;
        _linearBias = linearBias;
        int classes = (int)linearBias.shape[0];
        ClassNames = classes == Cifar10.Length ? Cifar10 : null;
    }

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"ResNet-{(2 * _blocks.Count) + 2}");

    /// <inheritdoc/>
    public override string Hash { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames { get; }

    /// <inheritdoc/>
    public override ImagePreparation Preparation { get; } =
        new(Size, Size, ResampleFilter.Bilinear, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    /// <inheritdoc/>
    public override Device Device => _linearBias.device;

    /// <summary>Reads the weights from a safetensors file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where it runs; null for the processor.</param>
    /// <exception cref="SpexInputException">The file is missing, damaged, or holds another model.</exception>
    public static CifarResNet Open(string path, Device? device = null)
    {
        TorchRuntime.EnsureLoaded();
        using ModelWeights weights = new(SafetensorsSet.Open(path), device: device);
        if (!weights.Has("conv1.weight") || !weights.Has("layer1.0.conv1.weight") || !weights.Has("linear.weight"))
        {
            throw new SpexInputException(
                $"{path} is no image model that is known by its tensors' names. Known are CIFAR ResNets (conv1.weight, layer1.0.conv1.weight, …, linear.weight); a vision transformer is given as its folder, with config.json.");
        }

        using DisposeScope scope = NewDisposeScope();
        HashSet<string> used = [];
        Convolution first = Read(weights, used, "conv1", "bn1", 3, 1);
        List<Block> blocks = [];
        long channels = first.Weight.shape[0];
        for (int stage = 1; stage <= Stages; stage++)
        {
            for (int k = 0; weights.Has($"layer{stage}.{k}.conv1.weight"); k++)
            {
                string name = $"layer{stage}.{k}";
                Convolution one = Read(weights, used, $"{name}.conv1", $"{name}.bn1", channels, stage > 1 && k == 0 ? 2 : 1);
                long inside = one.Weight.shape[0];
                Convolution two = Read(weights, used, $"{name}.conv2", $"{name}.bn2", inside, 1);
                if (two.Weight.shape[0] != inside || inside < channels || (inside - channels) % 2 != 0)
                {
                    throw new SpexInputException(
                        $"{path}: {name} goes from {channels} to {inside} and {two.Weight.shape[0]} channels; a shortcut of option A adds as many zero channels on both sides of what came in.");
                }

                blocks.Add(new Block(one, two));
                channels = inside;
            }
        }

        Tensor Take(string name, params long[] shape)
        {
            used.Add(name);
            return weights.Take(name, shape);
        }

        Tensor linear = Take("linear.weight", -1, channels);
        Tensor bias = Take("linear.bias", linear.shape[0]);
        string[] unknown = [.. weights.Names.Where(name => !used.Contains(name) && !name.EndsWith(Counter, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            throw new SpexInputException(
                $"{path} has tensors that a CIFAR ResNet with shortcuts of option A has not: {string.Join(", ", unknown.Take(3))}{(unknown.Length > 3 ? ", …" : "")}.");
        }

        CifarResNet model = new(weights.Hash[..16], first, blocks, linear, bias);
        foreach (Tensor kept in model.Tensors())
        {
            kept.MoveToOuterDisposeScope();
        }

        return model;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images)
    {
        Tensor x = _first.Apply(images).relu_();
        foreach (Block block in _blocks)
        {
            x = block.Apply(x);
        }

        return functional.linear(x.mean([2, 3]), _linearWeight, _linearBias);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        foreach (Tensor tensor in Tensors())
        {
            tensor.Dispose();
        }
    }

    private IEnumerable<Tensor> Tensors() =>
        [_first.Weight, _first.Bias, .. _blocks.SelectMany(block => new[] { block.One.Weight, block.One.Bias, block.Two.Weight, block.Two.Bias }), _linearWeight, _linearBias];

    /// <summary>A 3 × 3 convolution and the normalisation behind it: γ (W x − μ) / √(σ² + ε) + β is a convolution again.</summary>
    private static Convolution Read(ModelWeights weights, HashSet<string> used, string convolution, string norm, long channels, int stride)
    {
        Tensor Take(string name, params long[] shape)
        {
            used.Add(name);
            return weights.Take(name, shape).to_type(ScalarType.Float64);
        }

        Tensor weight = Take($"{convolution}.weight", -1, channels, 3, 3);
        long planes = weight.shape[0];
        Tensor factor = Take($"{norm}.weight", planes) / (Take($"{norm}.running_var", planes) + NormEpsilon).sqrt();
        Tensor bias = Take($"{norm}.bias", planes) - (Take($"{norm}.running_mean", planes) * factor);
        return new Convolution((weight * factor.view(-1, 1, 1, 1)).to_type(ScalarType.Float32), bias.to_type(ScalarType.Float32), stride);
    }

    private sealed record Convolution(Tensor Weight, Tensor Bias, int Stride)
    {
        public Tensor Apply(Tensor x) => functional.conv2d(x, Weight, Bias, [Stride, Stride], [1, 1]);
    }

    private sealed record Block(Convolution One, Convolution Two)
    {
        public Tensor Apply(Tensor x)
        {
            Tensor y = Two.Apply(One.Apply(x).relu_());
            return y.Add(Shortcut(x)).relu_();
        }

        /// <summary>Option A: every other pixel, and zeros for the channels that come in anew, half of them before and half behind.</summary>
        private Tensor Shortcut(Tensor x)
        {
            if (One.Stride == 1 && One.Weight.shape[0] == x.shape[1])
            {
                return x;
            }

            long added = (One.Weight.shape[0] - x.shape[1]) / 2;
            Tensor thinned = One.Stride == 1 ? x : x.slice(2, 0, x.shape[2], One.Stride).slice(3, 0, x.shape[3], One.Stride);
            return functional.pad(thinned, [0, 0, 0, 0, added, added]);
        }
    }
}
