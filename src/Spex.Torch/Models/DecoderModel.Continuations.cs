using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <content>How texts go on: probabilities of given continuations, and the model's own.</content>
public abstract partial class DecoderModel
{
    /// <summary>Log-probabilities of continuations, all in one pass; the model's true ones, from log-softmax over all logits.</summary>
    /// <param name="ids">int64, B × T: the texts that are continued. Where they differ in length, shorter ones are padded on the left, with <see cref="DecoderPass.Present"/> and
    /// <see cref="DecoderPass.Positions"/> saying so.</param>
    /// <param name="continuations">What is scored, the same for all rows.</param>
    /// <param name="pass">What else is asked for; its outputs are not looked at.</param>
    /// <returns>float64, B × number of continuations: the sum over each one's tokens, natural logarithms.</returns>
    /// <exception cref="Core.SpexInputException">The text with its longest continuation is longer than the model's context.</exception>
    public Tensor LogProbabilities(Tensor ids, ContinuationTree continuations, DecoderPass? pass = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(continuations);
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (Tensor all, DecoderPass attached) = continuations.Attach(ids, pass ?? new DecoderPass());
        return continuations.LogProbabilities(Forward(all, attached)).MoveToOuterDisposeScope();
    }

    /// <summary>The model's own continuation: always the most probable token, the lower number among equals; each token costs one pass over one token.</summary>
    /// <param name="prompt">Tokens to go on from, one or more.</param>
    /// <param name="count">The most tokens, 0 or more; fewer where the context is full.</param>
    /// <param name="end">Tokens that end it and are not part of it, such as <see cref="EndTokens"/>; null for none.</param>
    /// <exception cref="Core.SpexInputException">The prompt is empty, has tokens outside the vocabulary, or is longer than the context.</exception>
    public IReadOnlyList<int> Greedy(IReadOnlyList<int> prompt, int count, IReadOnlyCollection<int>? end = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        count = Math.Min(count, Math.Max(0, Shape.ContextLength - prompt.Count));
        List<int> generated = [];
        KeyValueCache? cache = null;
        try
        {
            IReadOnlyList<int> next = prompt;
            while (generated.Count < count)
            {
                using Tensor ids = Tokens(next);
                (Tensor logits, KeyValueCache longer) = Extend(ids, cache);
                cache?.Dispose();
                cache = longer;
                using (logits)
                {
                    using Tensor best = logits.argmax();
                    int token = (int)best.item<long>();
                    if (end?.Contains(token) == true)
                    {
                        break;
                    }

                    generated.Add(token);
                    next = [token];
                }
            }
        }
        finally
        {
            cache?.Dispose();
        }

        return generated;
    }
}
