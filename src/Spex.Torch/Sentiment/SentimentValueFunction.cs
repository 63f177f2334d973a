using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Native;
using Spex.Torch.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Sentiment;

/// <summary>A text and the built-in model as a value function: features are words, a word that is not present is replaced by the mask token, the value is the logit of one class.</summary>
/// <remarks>
/// The text is tokenised once and its <see cref="AblationTable"/> computed once; an ablation is then a sum over the words that are present and
/// the network's last layers for one token, which is exact. A value does not depend on the other masks of its batch: what attention
/// gathers is summed mask by mask, and the last layers always run on <see cref="Rows"/> masks at a time, padded. On the processor the sums are those of the table itself; a model elsewhere, or masks in torch's
/// memory, take those of <see cref="TensorAblationTable"/>.
/// </remarks>
public sealed class SentimentValueFunction : ITorchValueFunction, IDisposable
{
    /// <summary>Masks that pass through the last layers at once.</summary>
    private const int Rows = 256;

    // Masks that torch gathers for at once, and the most masks × tokens: some 32 bytes each.
    private const int MostTensorRows = 8192, MostTensorPlaces = 1 << 22;

    // A batch should take about this long: progress is seen and Ctrl+C obeyed.
    private const double BatchSeconds = 0.1;

    private readonly SentimentModel _model;
    private readonly AblationTable _table;
    private readonly TextFeature[] _features;
    private readonly Lazy<TensorAblationTable> _tensorTable;
    private readonly Tensor _featureOfToken;
    private readonly MaskedForward _masked;

    /// <summary>Tokenises a text and prepares its ablations.</summary>
    /// <param name="model">The model; must live as long as this. Owned by the caller.</param>
    /// <param name="text">The text.</param>
    /// <param name="options">Target class and unit; null for the predicted class and words.</param>
    /// <exception cref="SpexInputException">The text has no words, or too many.</exception>
    public SentimentValueFunction(SentimentModel model, string text, SentimentValueOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(text);
        options ??= new SentimentValueOptions();
        _model = model;
        Text = TextFeatures.Split(text, options.Unit);
        _features = [.. Text.Features];
        if (FeatureCount == 0)
        {
            throw new SpexInputException("The text has no words: there is nothing to switch off. Give a text with at least one word.");
        }

        _table = new AblationTable(model.Network, model.Vocabulary.Encode(Text.Tokens));
        _tensorTable = new Lazy<TensorAblationTable>(() => new TensorAblationTable(_table, model.Device));
        _featureOfToken = tensor([.. _features.SelectMany((feature, index) => Enumerable.Repeat((long)index, feature.TokenCount))], device: model.Device).DetachFromDisposeScope();
        int rows = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(MostTensorPlaces / Text.Tokens.Count, 1, MostTensorRows));
        _masked = new MaskedForward(FeatureCount, rows, masks => Logits(masks).select(1, (int)Target), model.Device);
        float[] logits = Corners();
        (NegativeLogit, PositiveLogit) = (logits[0], logits[1]);
        Predicted = PositiveLogit >= NegativeLogit ? SentimentClass.Positive : SentimentClass.Negative;
        Target = options.Target ?? Predicted;
        FullValue = logits[(int)Target];
        EmptyValue = logits[2 + (int)Target];
        string textHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        Fingerprint = $"sentiment:{model.Hash}:text:{textHash}:{options.Unit}:{Target}-logit:mask-token:float32".ToLowerInvariant();
        PreferredBatchSize = BatchSizeFor(Text.Tokens.Count);
    }

    /// <summary>The text, its tokens and its features with their offsets.</summary>
    public TextFeatures Text { get; }

    /// <summary>The class whose logit is the value.</summary>
    public SentimentClass Target { get; }

    /// <summary>The class that the model predicts for the whole text.</summary>
    public SentimentClass Predicted { get; }

    /// <summary>Logit of the negative class for the whole text.</summary>
    public float NegativeLogit { get; }

    /// <summary>Logit of the positive class for the whole text.</summary>
    public float PositiveLogit { get; }

    /// <summary>The model's probability that the whole text is positive.</summary>
    public double PositiveProbability => 1 / (1 + Math.Exp((double)NegativeLogit - PositiveLogit));

    /// <summary>Value of the mask with all features.</summary>
    public float FullValue { get; }

    /// <summary>Value of the mask without any feature.</summary>
    public float EmptyValue { get; }

    /// <inheritdoc/>
    public int FeatureCount => _features.Length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize { get; }

    /// <inheritdoc/>
    public torch.Device ModelDevice => _model.Device;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        MaskedForward.Check(masks, values, FeatureCount);
        if (TorchMemory.Of(masks.Device) is not null || _model.Device.type != DeviceType.CPU)
        {
            _masked.Evaluate(masks, values, cancel);
            return;
        }

        int words = masks.Count * MaskMatrix.WordsFor(FeatureCount);
        ulong[] packed = new ulong[words];
        float[] logits = new float[masks.Count * 2];
        masks.Packed.CopyTo(packed);
        Evaluate(packed, masks.Count, logits, masks.Device is CpuDevice cpu ? cpu.Threads : 1, cancel);
        float[] chosen = new float[masks.Count];
        for (int row = 0; row < chosen.Length; row++)
        {
            chosen[row] = logits[(2 * row) + (int)Target];
        }

        values.CopyFrom(chosen);
    }

    /// <summary>Frees the table.</summary>
    public void Dispose()
    {
        _table.Dispose();
        _featureOfToken.Dispose();
        if (_tensorTable.IsValueCreated)
        {
            _tensorTable.Value.Dispose();
        }
    }

    /// <summary>Logits (negative, positive) of the mask with all features, and of the mask without any.</summary>
    private float[] Corners()
    {
        if (_model.Device.type != DeviceType.CPU)
        {
            using (no_grad())
            using (NewDisposeScope())
            {
                return Logits(cat([ones(1, FeatureCount, device: _model.Device), zeros(1, FeatureCount, device: _model.Device)])).cpu().data<float>().ToArray();
            }
        }

        ulong[] all = new ulong[MaskMatrix.WordsFor(FeatureCount)];
        Array.Fill(all, ulong.MaxValue);
        all[^1] = MaskMatrix.LastWordMask(FeatureCount);
        float[] logits = new float[4];
        Evaluate([.. all, .. new ulong[all.Length]], 2, logits, 1, CancellationToken.None);
        return logits;
    }

    /// <summary>Logits, B × 2, of masks, B × n of 0 and 1, where the model runs.</summary>
    private Tensor Logits(Tensor masks) => _model.Network.Classify(_tensorTable.Value.Gather(masks.index_select(1, _featureOfToken)));

    /// <summary>Masks that take about <see cref="BatchSeconds"/>, a multiple of <see cref="Rows"/>; some 5 µs a mask and 12 ns a token were measured.</summary>
    private static int BatchSizeFor(int tokens)
    {
        double masks = BatchSeconds / (5e-6 + (12e-9 * tokens));
        return (int)Math.Clamp(masks / Rows, 1, 32) * Rows;
    }

    /// <summary>Logits (negative, positive; row after row) of packed masks.</summary>
    private void Evaluate(ulong[] packed, int count, float[] logits, int threads, CancellationToken cancel)
    {
        int blocks = (count + Rows - 1) / Rows;
        if (threads == 1 || blocks == 1)
        {
            using Workspace workspace = new(_table, _model.Network.Shape.Dimension);
            for (int block = 0; block < blocks; block++)
            {
                cancel.ThrowIfCancellationRequested();
                EvaluateBlock(packed, count, block, logits, workspace);
            }
        }
        else
        {
            ParallelOptions options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
            Parallel.For(
                0,
                blocks,
                options,
                () => new Workspace(_table, _model.Network.Shape.Dimension),
                (block, _, workspace) =>
                {
                    EvaluateBlock(packed, count, block, logits, workspace);
                    return workspace;
                },
                workspace => workspace.Dispose());
        }
    }

    private void EvaluateBlock(ulong[] packed, int count, int block, float[] logits, Workspace workspace)
    {
        int words = MaskMatrix.WordsFor(FeatureCount);
        int first = block * Rows, rows = Math.Min(Rows, count - first);
        int dimension = _model.Network.Shape.Dimension;
        Span<float> gathered = MemoryMarshal.Cast<byte, float>(workspace.Gathered.bytes);
        int tokenWords = _table.MaskWords;
        for (int row = 0; row < rows; row++)
        {
            Expand(packed.AsSpan((first + row) * words, words), workspace.TokenMasks.AsSpan(row * tokenWords, tokenWords));
        }

        _table.Gather(workspace.TokenMasks, rows, workspace.Offsets, workspace.Sums, gathered);
        TorchRuntime.PrepareThread();
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor result = _model.Network.Classify(workspace.Gathered);
            MemoryMarshal.Cast<byte, float>(result.bytes)[..(2 * rows)].CopyTo(logits.AsSpan(2 * first));
        }
    }

    /// <summary>From a mask of features to a mask of tokens, shifted by the window's reach.</summary>
    private void Expand(ReadOnlySpan<ulong> features, Span<ulong> tokens)
    {
        tokens.Clear();
        for (int word = 0; word < features.Length; word++)
        {
            ulong bits = features[word];
            while (bits != 0)
            {
                TextFeature feature = _features[(word * 64) + BitOperations.TrailingZeroCount(bits)];
                bits &= bits - 1;
                int end = feature.FirstToken + feature.TokenCount + SentimentNetworkShape.Reach;
                for (int token = feature.FirstToken + SentimentNetworkShape.Reach; token < end; token++)
                {
                    tokens[token >> 6] |= 1UL << (token & 63);
                }
            }
        }
    }

    /// <summary>What one thread writes to.</summary>
    private sealed class Workspace(AblationTable table, int dimension) : IDisposable
    {
        public ulong[] TokenMasks { get; } = new ulong[Rows * table.MaskWords];

        public int[] Offsets { get; } = new int[AblationTable.OffsetCount];

        public float[] Sums { get; } = new float[Rows * table.Stride];

        /// <summary>Rows × d, in memory that torch allocated: its alignment is part of the values' last bits. Outlives the scopes of single blocks.</summary>
        public Tensor Gathered { get; } = zeros(Rows, dimension).DetachFromDisposeScope();

        public void Dispose() => Gathered.Dispose();
    }
}
