using System.Runtime.InteropServices;
using Spex.Core.Random;
using Spex.Torch.Native;
using Spex.Torch.Text;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Sentiment;

/// <summary>
/// The built-in sentiment model: word embeddings, a local layer over a window of words, one pre-norm attention layer that the classification
/// token reads, and two logits (negative, positive).
/// </summary>
/// <remarks>
/// With x_i the embedding of word i (zero outside the text), r the reach, LN layer normalisation:
/// <list type="bullet">
/// <item>local layer: h_i = x_i + U·GELU(W·[x_{i−r} … x_{i+r}] + b) + u;</item>
/// <item>attention (Vaswani et al. 2017; pre-norm, Xiong et al. 2020) of the classification token c over itself and the words that are present;
/// words that are switched off lend their mask embedding to their neighbours' windows but are not attended to;</item>
/// <item>feed-forward on the classification token, final LN, two logits.</item>
/// </list>
/// Order enters through the windows alone (as in convolutional position encodings: wav2vec 2.0, CPVT), so a text may have any length. Only
/// the classification token is read after the one attention layer, so no other query is computed.
/// </remarks>
internal sealed class SentimentNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _embedding;
    private readonly Parameter _localWeight;
    private readonly Parameter _localBias;
    private readonly Parameter _localOutWeight;
    private readonly Parameter _localOutBias;
    private readonly Parameter _classToken;
    private readonly Parameter _norm1Weight;
    private readonly Parameter _norm1Bias;
    private readonly Parameter _queryWeight;
    private readonly Parameter _queryBias;
    private readonly Parameter _keyWeight;
    private readonly Parameter _valueWeight;
    private readonly Parameter _valueBias;
    private readonly Parameter _attentionOutWeight;
    private readonly Parameter _attentionOutBias;
    private readonly Parameter _norm2Weight;
    private readonly Parameter _norm2Bias;
    private readonly Parameter _feed1Weight;
    private readonly Parameter _feed1Bias;
    private readonly Parameter _feed2Weight;
    private readonly Parameter _feed2Bias;
    private readonly Parameter _norm3Weight;
    private readonly Parameter _norm3Bias;
    private readonly Parameter _headWeight;
    private readonly Parameter _headBias;

    /// <summary>Makes a network.</summary>
    /// <remarks>Weights lie in memory that torch allocated, on 64-byte boundaries: matrix products round differently on arrays of .NET, which begin anywhere.</remarks>
    /// <param name="shape">Its sizes.</param>
    /// <param name="seed">Of the first weights, drawn from Philox; null for zeros, where weights are read afterwards.</param>
    /// <param name="device">Where it runs; null for the processor.</param>
    public SentimentNetwork(SentimentNetworkShape shape, ulong? seed = null, Device? device = null)
        : base("sentiment")
    {
        Shape = shape;
        Device = device ?? CPU;
        int d = shape.Dimension;
        ulong stream = 0x4E45_0000;
        Parameter Normal(double deviation, params long[] size)
        {
            if (seed is not { } key)
            {
                return new Parameter(zeros(size, device: Device));
            }

            float[] numbers = new float[size.Aggregate(1L, (product, extent) => product * extent)];
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = (float)(deviation * Philox.Gaussian(key, stream, (ulong)i));
            }

            stream++;
            Tensor weights = zeros(size);
            numbers.CopyTo(MemoryMarshal.Cast<byte, float>(weights.bytes));
            return new Parameter(weights.to(Device));
        }

        Parameter Linear(long outputs, long inputs) => Normal(Math.Sqrt(1.0 / inputs), outputs, inputs);
        Parameter Constant(float value, long size) => new(full(size, value, device: Device));

        _embedding = Normal(0.1, shape.VocabularySize, d);
        _localWeight = Linear(shape.LocalHidden, SentimentNetworkShape.Taps * d);
        _localBias = Constant(0, shape.LocalHidden);
        _localOutWeight = Normal(0.5 * Math.Sqrt(1.0 / shape.LocalHidden), d, shape.LocalHidden);
        _localOutBias = Constant(0, d);
        _classToken = Normal(0.5, d);
        _norm1Weight = Constant(1, d);
        _norm1Bias = Constant(0, d);
        _queryWeight = Linear(d, d);
        _queryBias = Constant(0, d);
        _keyWeight = Linear(d, d);
        _valueWeight = Linear(d, d);
        _valueBias = Constant(0, d);
        _attentionOutWeight = Linear(d, d);
        _attentionOutBias = Constant(0, d);
        _norm2Weight = Constant(1, d);
        _norm2Bias = Constant(0, d);
        _feed1Weight = Linear(shape.FeedForward, d);
        _feed1Bias = Constant(0, shape.FeedForward);
        _feed2Weight = Linear(d, shape.FeedForward);
        _feed2Bias = Constant(0, d);
        _norm3Weight = Constant(1, d);
        _norm3Bias = Constant(0, d);
        _headWeight = Normal(0.1, 2, d);
        _headBias = Constant(0, 2);
        RegisterAll();
    }

    /// <summary>The sizes.</summary>
    public SentimentNetworkShape Shape { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>Share of units dropped while training.</summary>
    public double Dropout { get; set; }

    /// <summary>The embedding, vocabulary × d; learned at a rate of its own.</summary>
    public Parameter Embedding => _embedding;

    /// <summary>Logits of whole texts.</summary>
    /// <param name="input">B × T word ids, int64; short texts end in <see cref="Vocabulary.Padding"/>.</param>
    /// <returns>B × 2 logits.</returns>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor present = input.ne(Vocabulary.Padding) & input.ne(Vocabulary.Mask);
        Tensor states = Local(Windows(input));
        (Tensor scores, Tensor values) = Attend(states);
        (Tensor classScore, Tensor classValue) = ClassTokenKey();

        // Softmax over the words that are present and the classification token itself.
        Tensor masked = scores.masked_fill(present.logical_not().unsqueeze(-1), float.NegativeInfinity);
        Tensor all = cat([masked, classScore.view(1, 1, -1).expand(input.shape[0], 1, -1)], 1);
        Tensor weights = F.softmax(all, 1);
        long words = input.shape[1];
        Tensor byHead = values.view(input.shape[0], words, Shape.Heads, Shape.HeadDimension);
        Tensor pooled = (weights.narrow(1, 0, words).unsqueeze(-1) * byHead).sum(1)
            + (weights.narrow(1, words, 1).view(-1, Shape.Heads, 1) * classValue.view(1, Shape.Heads, Shape.HeadDimension));
        return Classify(pooled.reshape(-1, Shape.Dimension)).MoveToOuterDisposeScope();
    }

    /// <summary>The embeddings of each word's window, side by side.</summary>
    /// <param name="ids">B × T word ids.</param>
    /// <returns>B × T × (window·d).</returns>
    internal Tensor Windows(Tensor ids)
    {
        int reach = SentimentNetworkShape.Reach;
        Tensor padded = F.pad(ids, [reach, reach], PaddingModes.Constant, Vocabulary.Padding);
        Tensor embedded = Embed(padded);
        Tensor[] taps = new Tensor[SentimentNetworkShape.Taps];
        for (int tap = 0; tap < taps.Length; tap++)
        {
            taps[tap] = embedded.narrow(1, tap, ids.shape[1]);
        }

        return cat(taps, 2);
    }

    /// <summary>Embeddings of ids of any shape; padding is zero.</summary>
    internal Tensor Embed(Tensor ids)
    {
        Tensor rows = _embedding.index_select(0, ids.reshape(-1)) * ids.reshape(-1, 1).ne(Vocabulary.Padding).to_type(ScalarType.Float32);
        return F.dropout(rows, Dropout, training).view([.. ids.shape, Shape.Dimension]);
    }

    /// <summary>The local layer: … × (window·d) → … × d.</summary>
    internal Tensor Local(Tensor windows) => LocalOut(F.linear(windows, _localWeight, _localBias), windows.narrow(-1, SentimentNetworkShape.Reach * Shape.Dimension, Shape.Dimension));

    /// <summary>The part of the local layer's hidden sums that tap number <paramref name="tap"/> of the window adds: … × d → … × hidden.</summary>
    internal Tensor LocalTap(Tensor embedded, int tap) => F.linear(embedded, _localWeight.narrow(1, tap * Shape.Dimension, Shape.Dimension));

    /// <summary>The bias of the local layer's hidden sums.</summary>
    internal Tensor LocalBias => _localBias;

    /// <summary>From the local layer's hidden sums and the word's own embedding to its state.</summary>
    internal Tensor LocalOut(Tensor hiddenSums, Tensor own) =>
        own + F.linear(F.dropout(F.gelu(hiddenSums), Dropout, training), _localOutWeight, _localOutBias);

    /// <summary>What the classification token reads of each word: … × d → scores … × heads (before softmax), values … × d (head after head).</summary>
    internal (Tensor Scores, Tensor Values) Attend(Tensor states)
    {
        Tensor normed = Norm(states, _norm1Weight, _norm1Bias);
        Tensor query = F.linear(Norm(_classToken, _norm1Weight, _norm1Bias), _queryWeight, _queryBias).view(Shape.Heads, 1, Shape.HeadDimension);

        // q·(K z) = (Kᵀ q)·z: one vector a head instead of a key a word. A key bias would add the same to every score: there is none.
        Tensor folded = query.bmm(_keyWeight.view(Shape.Heads, Shape.HeadDimension, Shape.Dimension)).squeeze(1) / Math.Sqrt(Shape.HeadDimension);
        return (F.linear(normed, folded), F.linear(normed, _valueWeight, _valueBias));
    }

    /// <summary>The classification token's own score (heads) and value (d).</summary>
    internal (Tensor Score, Tensor Value) ClassTokenKey()
    {
        (Tensor score, Tensor value) = Attend(_classToken.view(1, -1));
        return (score.view(-1), value.view(-1));
    }

    /// <summary>From what attention gathered (B × d) to the logits (B × 2).</summary>
    internal Tensor Classify(Tensor gathered)
    {
        Tensor state = _classToken.Plus(F.dropout(F.linear(gathered, _attentionOutWeight, _attentionOutBias), Dropout, training));
        Tensor hidden = F.gelu(F.linear(Norm(state, _norm2Weight, _norm2Bias), _feed1Weight, _feed1Bias));
        state = state.Plus(F.linear(F.dropout(hidden, Dropout, training), _feed2Weight, _feed2Bias));
        return F.linear(Norm(state, _norm3Weight, _norm3Bias), _headWeight, _headBias);
    }

    private Tensor Norm(Tensor x, Parameter weight, Parameter bias) => F.layer_norm(x, [Shape.Dimension], weight, bias, 1e-5);

    private void RegisterAll()
    {
        register_parameter("embedding", _embedding);
        register_parameter("local_weight", _localWeight);
        register_parameter("local_bias", _localBias);
        register_parameter("local_out_weight", _localOutWeight);
        register_parameter("local_out_bias", _localOutBias);
        register_parameter("class_token", _classToken);
        register_parameter("norm1_weight", _norm1Weight);
        register_parameter("norm1_bias", _norm1Bias);
        register_parameter("query_weight", _queryWeight);
        register_parameter("query_bias", _queryBias);
        register_parameter("key_weight", _keyWeight);
        register_parameter("value_weight", _valueWeight);
        register_parameter("value_bias", _valueBias);
        register_parameter("attention_out_weight", _attentionOutWeight);
        register_parameter("attention_out_bias", _attentionOutBias);
        register_parameter("norm2_weight", _norm2Weight);
        register_parameter("norm2_bias", _norm2Bias);
        register_parameter("feed1_weight", _feed1Weight);
        register_parameter("feed1_bias", _feed1Bias);
        register_parameter("feed2_weight", _feed2Weight);
        register_parameter("feed2_bias", _feed2Bias);
        register_parameter("norm3_weight", _norm3Weight);
        register_parameter("norm3_bias", _norm3Bias);
        register_parameter("head_weight", _headWeight);
        register_parameter("head_bias", _headBias);
    }
}
