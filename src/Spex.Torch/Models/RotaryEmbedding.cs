using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>Rotary positions (Su et al., RoFormer, 2021): angle p·θ_i for the i-th pair of numbers at position p, θ_i = base^(−2i/size), scaled as the model's config.json says.</summary>
/// <remarks>Angles are float32 products of float32 numbers, as the reference has them; else they would part at positions in the thousands.</remarks>
internal sealed class RotaryEmbedding : IDisposable
{
    private readonly ScalarType _compute;
    private readonly Tensor _frequencies;

    private RotaryEmbedding(float[] frequencies, ScalarType compute, Device device)
    {
        _compute = compute;
        _frequencies = tensor(frequencies, device: device).DetachFromDisposeScope();
    }

    /// <summary>The positions of a model.</summary>
    /// <exception cref="Core.SpexInputException">Its "rope_scaling" is of a kind that is not known.</exception>
    public static RotaryEmbedding Of(ModelConfiguration configuration, int headSize, ScalarType compute, Device device)
    {
        double theta = configuration.Number("rope_theta", 10000);
        float[] frequencies = new float[headSize / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = (float)(1 / (float)Math.Pow(theta, (float)(2 * i) / headSize));
        }

        if (configuration.Section("rope_scaling") is { } scaling)
        {
            Scale(scaling, frequencies);
        }

        return new RotaryEmbedding(frequencies, compute, device);
    }

    /// <summary>The turns at positions, int64, [T] or [B, T].</summary>
    public Rotation At(Tensor positions)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = positions.dim() == 1 ? positions.unsqueeze(0) : positions;
        Tensor angles = (rows.to_type(ScalarType.Float32).unsqueeze(-1) * _frequencies).unsqueeze(1);
        return new Rotation(angles.cos().to_type(_compute).MoveToOuterDisposeScope(), angles.sin().to_type(_compute).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => _frequencies.Dispose();

    private static void Scale(ModelConfiguration scaling, float[] frequencies)
    {
        string kind = scaling.Text("rope_type", scaling.Text("type", "default"));
        switch (kind)
        {
            case "default":
                break;
            case "linear":
                float factor = (float)scaling.Number("factor");
                for (int i = 0; i < frequencies.Length; i++)
                {
                    frequencies[i] /= factor;
                }

                break;
            case "llama3":
                ScaleByWavelength(scaling, frequencies);
                break;
            default:
                throw scaling.Wrong("rope_scaling", $"of the kind \"{kind}\"", "default, linear and llama3 are allowed");
        }
    }

    /// <summary>Llama 3.1's scaling: long waves by the factor, short ones not, those between by a straight line between the two.</summary>
    private static void ScaleByWavelength(ModelConfiguration scaling, float[] frequencies)
    {
        double factor = scaling.Number("factor"), low = scaling.Number("low_freq_factor"), high = scaling.Number("high_freq_factor");
        double context = scaling.WholeNumber("original_max_position_embeddings");
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = frequencies[i], waves = context * frequency / (2 * Math.PI);
            double smooth = Math.Clamp((waves - low) / (high - low), 0, 1);
            frequencies[i] = (float)(((1 - smooth) * frequency / factor) + (smooth * frequency));
        }
    }
}
