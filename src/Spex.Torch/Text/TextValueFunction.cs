using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Models;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>A text and a model from a folder as a value function: features are parts of the text, and a value is read from what the model makes of the rest.</summary>
/// <remarks>
/// The masks of a batch are sorted by the length of what the model reads, so that shorter texts (deletion) cost less and few tokens are padding; texts up to
/// 48 tokens are not padded at all. A mask's value does not depend on the other masks of its batch, but for rounding in the last bits. Blocks run beside each other on the
/// threads of the masks' device.
/// <para>
/// Where torch owns the memory of the masks' device, the rows of tokens are put together there (<see cref="TensorText"/>) and the values stay there; the host reads how many rows are how long, where lengths differ, and
/// no more. Masks elsewhere are copied to the host and their values back.
/// </para>
/// </remarks>
public abstract partial class TextValueFunction : ITorchValueFunction, IDisposable
{
    // Texts of one length up to this are batched together, longer ones with those of about their length, and padded to the longest of the block.
    private const int ExactLength = 48, LengthStep = 16;

    // Tokens of a block on the processor: enough for large matrix products, few enough for its caches.
    private const int TokensPerBlock = 4096;

    // A batch should take about this long on one thread; a thread does at least so many multiplications a second.
    private const double BatchSeconds = 0.5, MultiplicationsPerSecond = 2e10;

    private readonly Lock _counting = new();
    private long _ablations;
    private double _seconds;
    private int _most = 4096;

    private protected TextValueFunction(PretrainedModel model, MaskedText masked)
    {
        Model = model;
        Masked = masked;
    }

    /// <summary>The text, in the tokenizer's form.</summary>
    public string Text => Masked.Text;

    /// <summary>What a feature is, in the singular: word, sentence, token.</summary>
    public string FeatureKind => Masked.Kind;

    /// <summary>Where each feature stands in <see cref="Text"/>.</summary>
    public IReadOnlyList<TextSpan> Features => Masked.Spans;

    /// <summary>Tokens of the whole text, those that go around it included.</summary>
    public int TokenCount => Masked.Tokens.Count;

    /// <summary>What the values are, after "the value is".</summary>
    public abstract string Value { get; }

    /// <summary>Value of the mask with all features.</summary>
    public float FullValue { get; private protected set; }

    /// <summary>Value of the mask without any feature.</summary>
    public float EmptyValue { get; private protected set; }

    /// <inheritdoc/>
    public int FeatureCount => Masked.Spans.Count;

    /// <inheritdoc/>
    public abstract string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize { get; private protected set; } = 1;

    /// <summary>Ablations evaluated so far, and the seconds they took.</summary>
    public (long Ablations, double Seconds) Done => (_ablations, _seconds);

    /// <inheritdoc/>
    public torch.Device ModelDevice => Model.Device;

    private protected PretrainedModel Model { get; }

    private protected MaskedText Masked { get; }

    /// <summary>Numbers that the model gives for a text.</summary>
    private protected abstract int OutputCount { get; }

    /// <inheritdoc/>
    /// <exception cref="SpexException">The model fails.</exception>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        MaskedForward.Check(masks, values, FeatureCount);
        long start = Stopwatch.GetTimestamp();
        if (TorchMemory.Of(masks.Device) is { } memory)
        {
            EvaluateInPlace(masks, values, memory, cancel);

            // The seconds are the model's: it may go on after it was asked.
            masks.Device.Synchronize();
        }
        else
        {
            ulong[] packed = new ulong[masks.Count * MaskMatrix.WordsFor(FeatureCount)];
            masks.Packed.CopyTo(packed);
            values.CopyFrom(Evaluate(new MaskMatrix(masks.Count, FeatureCount, packed), masks.Device is CpuDevice cpu ? cpu.Threads : 1, masks.Device.FreeBytes, cancel));
        }

        lock (_counting)
        {
            _ablations += masks.Count;
            _seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>Whole texts that the bare model reads a second, in blocks as large as ablations get: what ablations a second compare with.</summary>
    /// <param name="threads">Blocks beside each other.</param>
    /// <param name="seconds">About how long to measure.</param>
    public double MeasurePeak(int threads = 1, double seconds = 0.5)
    {
        int[] tokens = [.. Masked.Tokens];
        TextSegment[] block = [.. Enumerable.Repeat(Segments(0, new TextRow(tokens, null)), RowsFor(tokens.Length, threads, long.MaxValue)).SelectMany(one => one)];
        int texts = block.Length / Math.Max(1, Segments(0, new TextRow(tokens, null)).Count());
        float[] outputs = new float[block.Length * OutputCount];
        RunBlock(block, outputs, usePrefix: false);
        long read = 0;
        long start = Stopwatch.GetTimestamp();
        do
        {
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => RunBlock(block, new float[outputs.Length], usePrefix: false));
            read += (long)texts * threads;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
        return read / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what was computed beforehand; the model belongs to the caller.</summary>
    protected virtual void Dispose(bool disposing) => _tensorText?.Dispose();

    /// <summary>The texts of which a mask's value is made: one, or windows.</summary>
    private protected IEnumerable<TextSegment> Segments(int row, TextRow text) => Windows?.Cut(row, text) ?? [new TextSegment(row, text.Tokens, text.Absent)];

    /// <summary>Tokens at the beginning of every row that are not read again for each mask.</summary>
    private protected virtual int Skipped => 0;

    /// <summary>How what is left of a longer text is cut; null where it is read in one piece. Then nothing is skipped.</summary>
    private protected virtual TextWindows? Windows => null;

    /// <summary>How texts are filled up to the length of the block's longest.</summary>
    private protected abstract TextPadding Padding { get; }

    /// <summary>Runs the model on texts.</summary>
    /// <param name="texts">The texts, whose tokens and length fit the model.</param>
    /// <param name="usePrefix">Whether they lack the first <see cref="Skipped"/> tokens.</param>
    /// <returns>float32, B × <see cref="OutputCount"/>, in the scope of the call.</returns>
    private protected abstract Tensor Run(TextBlock texts, bool usePrefix);

    /// <summary>The values, B, from what the model gave for each mask's texts, averaged over them: B × <see cref="OutputCount"/>.</summary>
    private protected abstract Tensor ValuesOf(Tensor outputs);

    /// <summary>Bytes that one text takes while the model reads it, from above.</summary>
    private protected abstract long BytesPerText(int length);

    /// <summary>Multiplications that one token costs, about.</summary>
    private protected abstract double MultiplicationsPerToken { get; }

    /// <summary>Computes both corners and how many masks make a batch; called once everything else is in place.</summary>
    private protected void Prepare()
    {
        MaskMatrix corners = new(2, FeatureCount);
        corners.Row(0).Fill(ulong.MaxValue);
        corners.Row(0)[^1] = MaskMatrix.LastWordMask(FeatureCount);
        float[] values = Evaluate(corners, 1, long.MaxValue, CancellationToken.None);
        (FullValue, EmptyValue) = (values[0], values[1]);
        double perText = Math.Max(1, TokenCount - Skipped) * MultiplicationsPerToken;
        double masks = BatchSeconds * MultiplicationsPerSecond * (Model.Device.type == TorchSharp.DeviceType.CPU ? 1 : 500) / perText;
        PreferredBatchSize = 1 << (int)Math.Clamp(Math.Log2(masks), 0, 12);
    }

    private float[] Evaluate(MaskMatrix masks, int threads, long freeBytes, CancellationToken cancel)
    {
        int skipped = Skipped;
        TextSegment[] segments = [.. Enumerable.Range(0, masks.RowCount).SelectMany(row => Segments(row, Masked.Row(masks.Row(row), skipped)))];
        float[] outputs = new float[segments.Length * OutputCount];
        List<int[]> blocks = Blocks(segments, threads, freeBytes);
        void Run(int[] block)
        {
            float[] found = new float[block.Length * OutputCount];
            RunBlock([.. block.Select(segment => segments[segment])], found, usePrefix: true);
            for (int i = 0; i < block.Length; i++)
            {
                found.AsSpan(i * OutputCount, OutputCount).CopyTo(outputs.AsSpan(block[i] * OutputCount));
            }
        }

        try
        {
            if (threads == 1 || blocks.Count == 1)
            {
                foreach (int[] block in blocks)
                {
                    cancel.ThrowIfCancellationRequested();
                    Run(block);
                }
            }
            else
            {
                Parallel.ForEach(blocks, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel }, Run);
            }
        }
        catch (AggregateException error) when (error.InnerExceptions.FirstOrDefault(one => one is SpexException) is { } known)
        {
            ExceptionDispatchInfo.Throw(known);
        }

        return Values(masks.RowCount, segments, outputs);
    }

    private float[] Values(int rows, TextSegment[] segments, float[] outputs)
    {
        int width = OutputCount;
        float[] means = new float[rows * width];
        for (int segment = 0; segment < segments.Length;)
        {
            int row = segments[segment].Row, count = 0;
            Span<float> mean = means.AsSpan(row * width, width);
            for (; segment < segments.Length && segments[segment].Row == row; segment++, count++)
            {
                for (int i = 0; i < mean.Length; i++)
                {
                    mean[i] += outputs[(segment * width) + i];
                }
            }

            for (int i = 0; i < mean.Length; i++)
            {
                mean[i] /= count;
            }
        }

        using DisposeScope scope = NewDisposeScope();
        return ValuesOf(tensor(means, rows, width)).contiguous().data<float>().ToArray();
    }

    /// <summary>Texts of about one length together, the longest first, so that threads end at about the same time.</summary>
    private List<int[]> Blocks(TextSegment[] segments, int threads, long freeBytes)
    {
        List<int[]> blocks = [];
        IEnumerable<int> longestFirst = Enumerable.Range(0, segments.Length).OrderByDescending(segment => segments[segment].Tokens.Length);
        foreach (IGrouping<int, int> group in longestFirst.GroupBy(segment => LengthClass(segments[segment].Tokens.Length)))
        {
            blocks.AddRange(group.Chunk(RowsFor(group.Key, threads, freeBytes)));
        }

        return blocks;
    }

    private int RowsFor(int length, int threads, long freeBytes)
    {
        long memory = freeBytes / 2 / threads / BytesPerText(length);
        long wanted = Model.Device.type == TorchSharp.DeviceType.CPU ? TokensPerBlock / Math.Max(1, length) : _most;
        return (int)Math.Clamp(Math.Min(wanted, memory), 1, _most);
    }

    private static int LengthClass(int length) => length <= ExactLength ? Math.Max(1, length) : (length + LengthStep - 1) / LengthStep * LengthStep;

    private void RunBlock(TextSegment[] block, float[] outputs, bool usePrefix) => RunBlock(block.Length, () =>
    {
        TextBlock texts = TextBlock.Of(block, Math.Max(1, block.Max(segment => segment.Tokens.Length)), Padding, usePrefix ? Skipped : 0, Model.Device);
        MemoryMarshal.Cast<byte, float>(Run(texts, usePrefix).cpu().contiguous().bytes).CopyTo(outputs);
    });

    /// <summary>A pass over a block, in a scope of its own.</summary>
    private void RunBlock(int count, Action run)
    {
        TorchRuntime.PrepareThread();
        try
        {
            using (no_grad())
            using (NewDisposeScope())
            {
                run();
            }
        }
        catch (ExternalException error) when (MemoryErrors.IsOutOfMemory(error))
        {
            _most = Math.Max(1, count / 2);
            throw new DeviceMemoryException($"There is no memory to run the model on {count} texts at once.", error);
        }
        catch (ExternalException error)
        {
            throw new SpexException($"The model failed: {error.Message.Split('\n')[0]}", error);
        }
    }
}
