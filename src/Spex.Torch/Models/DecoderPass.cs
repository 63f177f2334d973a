using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>What a decoder's forward pass is asked to do besides reading its tokens. Tensors belong to the caller and lie on the model's device.</summary>
public sealed record DecoderPass
{
    /// <summary>int64, [T] or [B, T] as the tokens: the place of each token in its text, from 0; null: one after the other, from the prefix's end.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>bool, [B, T]: tokens to which only they themselves attend, where false: padding, or tokens that are switched off; null: all are attended to.</summary>
    public Tensor? Present { get; init; }

    /// <summary>int64, [T]: the branch of each token. Tokens attend to their own branch and to branch 0, from which all others grow; null: all are of branch 0.</summary>
    public Tensor? Branches { get; init; }

    /// <summary>Keys and values of tokens before these, which all rows share; null for none.</summary>
    public KeyValueCache? Prefix { get; init; }

    /// <summary>Heads that are switched off; null: none is.</summary>
    public HeadMask? Heads { get; init; }

    /// <summary>The tokens, 0 to T−1, whose logits are wanted; only they go through the last layer's feed-forward part and the vocabulary. Null: all.</summary>
    public IReadOnlyList<int>? Outputs { get; init; }

    /// <summary>Where the pass begins, in place of the embedding; null: at the embedding.</summary>
    public DecoderStart? Start { get; init; }

    /// <summary>Whether the caller has seen to it that the text fits the context; positions are then not read to check it, and nothing waits for the device.</summary>
    internal bool IsChecked { get; init; }

    /// <summary>Sees the states (B × T × hidden) behind the embedding and behind each layer; the last ones behind the final norm.</summary>
    internal Action<Tensor>? Observe { get; init; }
}
