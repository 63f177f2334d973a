using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>What an encoder's forward pass is asked to do besides reading its tokens. Tensors belong to the caller and lie on the model's device.</summary>
public sealed record EncoderPass
{
    /// <summary>bool, B × T: tokens to which nothing attends, where false: padding, or tokens that are switched off; null: all are attended to.</summary>
    public Tensor? Present { get; init; }

    /// <summary>int64, B × T: the type of each token; null: 0.</summary>
    public Tensor? Types { get; init; }

    /// <summary>Heads that are switched off; null: none is.</summary>
    public HeadMask? Heads { get; init; }

    /// <summary>Whether the caller has seen to it that all tokens are in the vocabulary; they are then not read to check it, and nothing waits for the device.</summary>
    internal bool IsChecked { get; init; }

    /// <summary>Sees the states behind the embedding (B × T × hidden) and behind each layer (behind the last one the first token's alone).</summary>
    internal Action<Tensor>? Observe { get; init; }
}
