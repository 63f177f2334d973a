using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>Activation functions under the names that config.json gives them.</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Known = new()
    {
        ["gelu"] = x => F.gelu(x),
        ["gelu_new"] = TanhGelu,
        ["gelu_fast"] = TanhGelu,
        ["gelu_pytorch_tanh"] = TanhGelu,
        ["relu"] = x => F.relu(x),
        ["silu"] = x => F.silu(x),
        ["swish"] = x => F.silu(x),
    };

    /// <summary>The function that a key of config.json names.</summary>
    /// <exception cref="Core.SpexInputException">It is not known; the known ones are listed.</exception>
    public static Func<Tensor, Tensor> Of(ModelConfiguration configuration, string key, string otherwise)
    {
        string name = configuration.Text(key, otherwise);
        return Known.TryGetValue(name, out Func<Tensor, Tensor>? function)
            ? function
            : throw configuration.Wrong(key, $"\"{name}\"", $"{string.Join(", ", Known.Keys)} are allowed");
    }

    /// <summary>x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), Hendrycks and Gimpel (2016), equation 2's approximation.</summary>
    private static Tensor TanhGelu(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor inner = x.Plus((x * x * x).Times(0.044715)).Times(Math.Sqrt(2 / Math.PI));
        return (x.Times(0.5) * inner.tanh().Plus(1)).MoveToOuterDisposeScope();
    }
}
