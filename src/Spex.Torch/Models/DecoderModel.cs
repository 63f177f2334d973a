using Spex.Core;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>A decoder that predicts the next token: GPT-2, Llama and its kin.</summary>
/// <remarks>
/// Attention is torch's scaled_dot_product_attention. Passes keep no gradients and may run on several threads at once, since nothing in the model changes. The caller disposes what a
/// method returns.
/// </remarks>
public abstract partial class DecoderModel : PretrainedModel
{
    private readonly List<DecoderLayer> _layers = [];
    private readonly List<Tensor> _owned = [];

    /// <summary>Notes the model's sizes.</summary>
    private protected DecoderModel(ModelConfiguration configuration, ModelWeights weights, DecoderShape shape)
        : base(configuration, weights)
    {
        Shape = shape;
        EndTokens = !configuration.Has("eos_token_id") ? []
            : configuration.IsList("eos_token_id") ? [.. configuration.Numbers("eos_token_id").Select(id => (int)id)]
            : [configuration.WholeNumber("eos_token_id", 0)];
    }

    /// <summary>The sizes.</summary>
    public DecoderShape Shape { get; }

    /// <summary>"eos_token_id" of config.json: tokens that end a text; none where it has none.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Vocabulary × hidden: what turns states into logits.</summary>
    private protected abstract Tensor VocabularyWeight { get; }

    /// <summary>The logits of the next token.</summary>
    /// <param name="ids">int64, B × T tokens, T at least 1; one row serves all rows of a head mask.</param>
    /// <param name="pass">What else is asked for; null for nothing.</param>
    /// <returns>float32, B × K × vocabulary: K is T, or the number of <see cref="DecoderPass.Outputs"/>.</returns>
    /// <exception cref="SpexInputException">The text is longer than the model's context.</exception>
    /// <exception cref="ArgumentException">The pass does not fit the tokens or the model.</exception>
    public Tensor Forward(Tensor ids, DecoderPass? pass = null)
    {
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor states = Run(ids, pass ?? new DecoderPass(), Shape.LayerCount, null);
        return F.linear(states, VocabularyWeight).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The states that enter a layer: what a later pass over the same tokens may start from.</summary>
    /// <param name="layer">0 to the number of layers.</param>
    /// <param name="ids">int64, B × T tokens.</param>
    /// <param name="pass">As for the later pass; it may mask no head before the layer. Outputs are not looked at.</param>
    /// <returns>B × T × hidden, in the type the model computes with.</returns>
    public Tensor StatesBefore(int layer, Tensor ids, DecoderPass? pass = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layer, Shape.LayerCount);
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return Run(ids, (pass ?? new DecoderPass()) with { Outputs = null }, layer, null).MoveToOuterDisposeScope();
    }

    /// <summary>Keys and values of tokens that many texts begin with.</summary>
    /// <param name="tokens">The tokens, one or more.</param>
    public KeyValueCache Prefix(IReadOnlyList<int> tokens)
    {
        using Tensor ids = Tokens(tokens);
        (Tensor logits, KeyValueCache cache) = Extend(ids, null);
        logits.Dispose();
        return cache;
    }

    /// <summary>Tokens as a pass takes them: int64, 1 × T, on the model's device.</summary>
    /// <exception cref="SpexInputException">There is none, or one is outside the vocabulary.</exception>
    public Tensor Tokens(IReadOnlyList<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Count == 0)
        {
            throw new SpexInputException("There are no tokens: a language model needs at least one to go on from. Give a text that is not empty.");
        }

        long[] ids = [.. tokens.Select(token => (long)token)];
        int wrong = Array.FindIndex(ids, id => id < 0 || id >= Shape.VocabularySize);
        if (wrong >= 0)
        {
            throw new SpexInputException(
                $"Token {ids[wrong]} is not in the model's vocabulary of {Shape.VocabularySize}: the tokenizer is not this model's. Give the folder with the tokenizer that the model was trained with.");
        }

        return tensor(ids, 1, ids.Length, device: Device);
    }

    /// <summary>Embeddings of tokens, B × T × hidden.</summary>
    private protected abstract Tensor Embed(Tensor ids, Tensor positions);

    /// <summary>The norm behind the last layer.</summary>
    private protected abstract Tensor FinalNorm(Tensor states);

    /// <summary>The turns at positions; null where the model has none.</summary>
    internal virtual Rotation? RotationOf(Tensor positions) => null;

    /// <summary>Takes over a layer, the next one.</summary>
    private protected void Add(DecoderLayer layer) => _layers.Add(layer);

    /// <summary>Takes over a weight.</summary>
    private protected Tensor Own(Tensor weight)
    {
        _owned.Add(weight);
        return weight;
    }

    /// <summary>Rows of a table, by numbers of any shape.</summary>
    private protected static Tensor RowsOf(Tensor table, Tensor numbers) => table.index_select(0, numbers.reshape(-1)).view([.. numbers.shape, table.shape[1]]);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _layers.ForEach(layer => layer.Dispose());
        _owned.ForEach(weight => weight.Dispose());
    }

    /// <summary>Logits of the last token, and keys and values of all tokens up to it.</summary>
    private (Tensor Logits, KeyValueCache Cache) Extend(Tensor ids, KeyValueCache? before)
    {
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        (Tensor, Tensor)[] kept = new (Tensor, Tensor)[Shape.LayerCount];
        Tensor states = Run(ids, new DecoderPass { Prefix = before, Outputs = [(int)ids.shape[1] - 1] }, Shape.LayerCount, kept);
        Tensor logits = F.linear(states, VocabularyWeight).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
        return (logits, new KeyValueCache([.. kept.Select(pair => (pair.Item1.DetachFromDisposeScope(), pair.Item2.DetachFromDisposeScope()))]));
    }

    /// <summary>Runs the layers before <paramref name="end"/>; with all of them, also the final norm.</summary>
    /// <param name="ids">B × T.</param>
    /// <param name="pass">What is asked for.</param>
    /// <param name="end">The first layer that is not run.</param>
    /// <param name="kept">Takes each layer's keys and values, those of the prefix before them; null for none.</param>
    private Tensor Run(Tensor ids, DecoderPass pass, int end, (Tensor, Tensor)[]? kept)
    {
        AttentionPlan plan = AttentionPlan.Make(this, ids, pass);
        Tensor states;
        int first = pass.Start?.Layer ?? 0;
        if (pass.Start is { } start)
        {
            states = start.States.alias();
        }
        else
        {
            states = Embed(ids, plan.Positions);
            pass.Observe?.Invoke(states);
        }

        for (int layer = first; layer < end; layer++)
        {
            // A scope a layer: what it computed on the way is freed before the next one.
            Tensor before = states;
            using (NewDisposeScope())
            {
                states = RunLayer(layer, before, plan, layer == Shape.LayerCount - 1, kept).MoveToOuterDisposeScope();
            }

            before.Dispose();
            if (layer < Shape.LayerCount - 1)
            {
                pass.Observe?.Invoke(states);
            }
        }

        if (end < Shape.LayerCount)
        {
            return states;
        }

        states = FinalNorm(states);
        pass.Observe?.Invoke(states);
        return states;
    }

    private Tensor RunLayer(int number, Tensor states, AttentionPlan plan, bool isLast, (Tensor, Tensor)[]? kept)
    {
        DecoderLayer layer = _layers[number];
        Tensor normed = layer.AttentionNorm(states);
        (Tensor keys, Tensor values) = layer.KeysAndValues(normed);
        keys = Split(keys, Shape.KeyHeadCount);
        values = Split(values, Shape.KeyHeadCount);

        // Behind the last layer only some tokens are wanted: only they ask, and go on.
        Tensor? outputs = isLast ? plan.Outputs : null;
        if (outputs is not null)
        {
            states = states.index_select(1, outputs);
            normed = normed.index_select(1, outputs);
        }

        Tensor queries = Split(layer.Queries(normed), Shape.HeadCount);
        if (plan.Rotation is { } rotation)
        {
            keys = rotation.Turn(keys);
            queries = (outputs is null ? rotation : rotation.Of(outputs)).Turn(queries);
        }

        if (plan.Prefix is { } prefix)
        {
            (Tensor oldKeys, Tensor oldValues) = prefix[number];
            keys = cat([oldKeys.expand(keys.shape[0], -1, -1, -1), keys], 2);
            values = cat([oldValues.expand(values.shape[0], -1, -1, -1), values], 2);
        }

        if (kept is not null)
        {
            kept[number] = (keys.contiguous().MoveToOuterDisposeScope(), values.contiguous().MoveToOuterDisposeScope());
            (keys, values) = kept[number];
        }

        (Tensor? mask, bool causal) = plan.MaskOf(number, outputs);
        Tensor heads = F.scaled_dot_product_attention(queries, Repeat(keys), Repeat(values), mask, 0, causal).transpose(1, 2);
        if (plan.HeadFactors(number) is { } factors)
        {
            heads = heads * factors;
        }

        states = states.Plus(layer.Project(heads.reshape(heads.shape[0], heads.shape[1], -1)));
        return states.Plus(layer.FeedForward(states));
    }

    /// <summary>B × T × (heads·size) → B × heads × T × size.</summary>
    private Tensor Split(Tensor joined, int heads) => joined.view(joined.shape[0], joined.shape[1], heads, Shape.HeadSize).transpose(1, 2);

    /// <summary>Each head of keys or values as often as attention heads use it, side by side.</summary>
    private Tensor Repeat(Tensor heads)
    {
        int times = Shape.HeadCount / Shape.KeyHeadCount;
        return times == 1 ? heads : heads.unsqueeze(2).expand(-1, -1, times, -1, -1).reshape(heads.shape[0], Shape.HeadCount, heads.shape[2], Shape.HeadSize);
    }
}
