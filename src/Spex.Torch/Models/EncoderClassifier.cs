using Spex.Core;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Models;

/// <summary>An encoder that classifies texts by its first token: BERT (Devlin et al., 2019), DistilBERT (Sanh et al., 2019), RoBERTa (Liu et al., 2019).</summary>
/// <remarks>
/// Attention is torch's scaled_dot_product_attention. The last layer runs for the first token alone, since nothing else is read. Passes keep no gradients and may run on several threads at once.
/// The caller disposes what a method returns.
/// </remarks>
public sealed class EncoderClassifier : PretrainedModel
{
    private readonly EncoderNames _names;
    private readonly List<EncoderLayer> _layers = [];
    private readonly List<Tensor> _owned = [];
    private readonly Tensor _words, _positions;
    private readonly Tensor? _types;
    private readonly (Tensor Weight, Tensor Bias) _norm, _headInner, _headOuter;
    private readonly double _epsilon;

    /// <summary>Reads the model; old names of norms (gamma, beta) are known, and buffers besides the weights are passed over.</summary>
    /// <param name="configuration">Its config.json.</param>
    /// <param name="weights">Its weights.</param>
    /// <exception cref="SpexInputException">A size or setting is not allowed, or a weight is missing or has another shape.</exception>
    public EncoderClassifier(ModelConfiguration configuration, ModelWeights weights)
        : base(configuration, weights)
    {
        _names = EncoderNames.Of(configuration.Architecture);
        int hidden = configuration.WholeNumber(_names.Hidden), heads = configuration.WholeNumber(_names.Heads), rows = configuration.WholeNumber("max_position_embeddings");
        if (hidden % heads != 0)
        {
            throw configuration.Wrong(_names.Heads, $"{heads}", $"it must divide \"{_names.Hidden}\", which is {hidden}");
        }

        if (configuration.Text("position_embedding_type", "absolute") is not "absolute" and var kind)
        {
            throw configuration.Wrong("position_embedding_type", $"\"{kind}\"", "\"absolute\" is supported");
        }

        PaddingId = configuration.WholeNumber("pad_token_id", 0, int.MaxValue, _names.CountsFromPadding ? 1 : 0);
        Labels = configuration.Labels;
        Shape = new EncoderShape(
            configuration.WholeNumber(_names.Layers),
            heads,
            hidden,
            configuration.WholeNumber("vocab_size"),
            rows - (_names.CountsFromPadding ? PaddingId + 1 : 0),
            _names.HasTypes ? configuration.WholeNumber("type_vocab_size", 1, int.MaxValue, 2) : 0);
        if (Shape.ContextLength < 1)
        {
            throw configuration.Wrong("max_position_embeddings", $"{rows}", $"positions begin behind \"pad_token_id\", {PaddingId}, so a larger number is allowed");
        }

        _epsilon = configuration.Number("layer_norm_eps", 1e-12);
        int inner = configuration.WholeNumber(_names.InnerSize);
        Func<Tensor, Tensor> activation = Activations.Of(configuration, _names.Activation, "gelu");
        string embeddings = $"{_names.Prefix}embeddings.";
        try
        {
            _words = Own(weights.Take($"{embeddings}word_embeddings.weight", Shape.VocabularySize, hidden));
            _positions = Own(weights.Take($"{embeddings}position_embeddings.weight", rows, hidden));
            _types = Shape.TypeCount == 0 ? null : Own(weights.Take($"{embeddings}token_type_embeddings.weight", Shape.TypeCount, hidden));
            _norm = Own(EncoderLayer.TakeNorm(weights, $"{embeddings}LayerNorm", hidden));
            for (int layer = 0; layer < Shape.LayerCount; layer++)
            {
                _layers.Add(new EncoderLayer(weights, _names, $"{_names.Prefix}{_names.Layer}{layer}.", Shape, inner, _epsilon, activation));
            }

            _headInner = (Own(weights.Take($"{_names.HeadInner}.weight", hidden, hidden)), Own(weights.Take($"{_names.HeadInner}.bias", hidden)));
            _headOuter = (Own(weights.Take($"{_names.HeadOuter}.weight", Labels.Count, hidden)), Own(weights.Take($"{_names.HeadOuter}.bias", Labels.Count)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The sizes.</summary>
    public EncoderShape Shape { get; }

    /// <summary>The classes, in the order of the logits.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The token that fills up shorter rows.</summary>
    public int PaddingId { get; }

    /// <summary>The logits of the classes.</summary>
    /// <param name="ids">int64, B × T tokens, T from 1 to the context's length; shorter rows end in <see cref="PaddingId"/>. One row serves all rows of a head mask.</param>
    /// <param name="pass">What else is asked for; null for nothing.</param>
    /// <returns>float32, B × classes.</returns>
    /// <exception cref="SpexInputException">The text is longer than the model's context, or a token is outside its vocabulary.</exception>
    /// <exception cref="ArgumentException">The pass does not fit the tokens or the model.</exception>
    public Tensor Forward(Tensor ids, EncoderPass? pass = null)
    {
        ArgumentNullException.ThrowIfNull(ids);
        pass ??= new EncoderPass();
        Check(ids, pass);
        using var _ = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor states = F.layer_norm(Embed(ids, pass.Types), [Shape.HiddenSize], _norm.Weight, _norm.Bias, _epsilon);
        pass.Observe?.Invoke(states);
        Tensor? visible = pass.Present is { } present ? present.view(present.shape[0], 1, 1, present.shape[1]) : null;
        Tensor? factors = pass.Heads?.Factors().to_type(Compute);
        int rows = (int)Math.Max(ids.shape[0], factors?.shape[0] ?? 1);
        states = states.expand(rows, -1, -1);
        for (int layer = 0; layer < _layers.Count; layer++)
        {
            // A scope a layer: what it computed on the way is freed before the next one.
            Tensor before = states;
            using (NewDisposeScope())
            {
                int row = layer - (pass.Heads?.FirstLayer ?? 0);
                Tensor? heads = factors is null || row < 0 || row >= factors.shape[1] ? null : factors.select(1, row).unsqueeze(1).unsqueeze(-1);
                states = _layers[layer].Run(before, visible, heads, firstOnly: layer == _layers.Count - 1).MoveToOuterDisposeScope();
            }

            before.Dispose();
            pass.Observe?.Invoke(states);
        }

        Tensor inner = F.linear(states.select(1, 0), _headInner.Weight, _headInner.Bias);
        inner = _names.HeadIsRectified ? F.relu(inner) : inner.tanh();
        return F.linear(inner, _headOuter.Weight, _headOuter.Bias).to_type(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _layers.ForEach(layer => layer.Dispose());
        _owned.ForEach(weight => weight.Dispose());
    }

    private Tensor Embed(Tensor ids, Tensor? types)
    {
        Tensor Rows(Tensor table, Tensor numbers) => table.index_select(0, numbers.reshape(-1)).view([.. numbers.shape, Shape.HiddenSize]);
        Tensor positions;
        if (_names.CountsFromPadding)
        {
            Tensor real = ids.ne(TensorArithmetic.Number(PaddingId)).to_type(ScalarType.Int64);
            positions = (real.cumsum(1) * real).Plus(PaddingId);
        }
        else
        {
            positions = TensorArithmetic.Range(0, (int)ids.shape[1], ids.device);
        }

        Tensor states = Rows(_words, ids).Plus(Rows(_positions, positions));
        return _types is null ? states : states.Plus(types is null ? _types.select(0, 0) : Rows(_types, types));
    }

    private void Check(Tensor ids, EncoderPass pass)
    {
        if (ids.dim() != 2 || ids.dtype != ScalarType.Int64 || ids.shape[0] == 0 || ids.shape[1] == 0)
        {
            throw new ArgumentException($"Tokens are int64, B × T, both at least 1; got {ids.dtype}, [{string.Join(", ", ids.shape)}].", nameof(ids));
        }

        if (ids.shape[1] > Shape.ContextLength)
        {
            throw new SpexInputException($"The text has {ids.shape[1]} tokens and the model takes {Shape.ContextLength}: {ids.shape[1] - Shape.ContextLength} too many. Give a shorter text.");
        }

        if (!pass.IsChecked)
        {
            using Tensor largest = ids.max(), least = ids.min();
            if (largest.item<long>() >= Shape.VocabularySize || least.item<long>() < 0)
            {
                throw new SpexInputException(
                    $"Token {(least.item<long>() < 0 ? least : largest).item<long>()} is not in the model's vocabulary of {Shape.VocabularySize}: the tokenizer is not this model's.");
            }
        }

        bool Fits(Tensor? part) => part is null || part.shape.SequenceEqual(ids.shape);
        if (!Fits(pass.Present) || !Fits(pass.Types) || (pass.Types is not null && _types is null))
        {
            throw new ArgumentException(_types is null ? "What is present is told as B × T, as the tokens are; the model has no types." : "What is present and types are told as B × T, as the tokens are.", nameof(pass));
        }

        if (pass.Heads is { } heads && (heads.Kept.dim() != 3 || heads.Kept.shape[2] != Shape.HeadCount || heads.FirstLayer < 0 || heads.FirstLayer + heads.LayerCount > Shape.LayerCount
            || (ids.shape[0] != 1 && heads.Kept.shape[0] != ids.shape[0])))
        {
            throw new ArgumentException(
                $"A head mask is B × layers × {Shape.HeadCount} for layers among 0 to {Shape.LayerCount - 1}; got [{string.Join(", ", heads.Kept.shape)}] from layer {heads.FirstLayer} on.", nameof(pass));
        }
    }

    private Tensor Own(Tensor weight)
    {
        _owned.Add(weight);
        return weight;
    }

    private (Tensor, Tensor) Own((Tensor Weight, Tensor Bias) pair) => (Own(pair.Weight), Own(pair.Bias));
}
