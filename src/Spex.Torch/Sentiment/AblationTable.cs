using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Spex.Core;
using Spex.Torch.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Sentiment;

/// <summary>All that the classification token can read of one text's words, under every mask: computed once, then added up for each ablation.</summary>
/// <remarks>
/// Before attention, the state of a word that is present depends on which of its four neighbours are present, and on nothing else of the mask: 16
/// states a position. With s_h the score and v_h the value of head h, attention gathers Σ exp(s_h)·v_h / Σ exp(s_h) over the words that are present and
/// the classification token. The table's row for (position, pattern) holds [exp(s_h)·v_h for all h | exp(s_h) for all h | zeros], so gathering is
/// a sum of one row a present word: the forward pass of <see cref="SentimentNetwork"/>, exactly, but for the rounding of float32 sums.
/// <para>Row (i, p) lies at (16·i + p)·<see cref="Stride"/>; bit k of p tells whether neighbour i−2, i−1, i+1, i+2 (k = 0 … 3) is present.</para>
/// </remarks>
internal sealed unsafe class AblationTable : IDisposable
{
    /// <summary>The most tokens of a text: beyond it the table would take more than about a gigabyte.</summary>
    public const int MostTokens = 120_000;

    /// <summary>Neighbours on either side of which a word's state depends.</summary>
    public const int Reach = SentimentNetworkShape.Reach;

    /// <summary>Which of the neighbours may be present: rows a position.</summary>
    public const int Patterns = 1 << (2 * Reach);

    private const int Lanes = 8;

    // Positions whose rows are computed at once: bounds the temporary tensors to some 30 MB.
    private const int Chunk = 512;

    // Words of a token mask whose rows are added for all masks of a batch before the next ones: 256 tokens, whose part of the table (2 MB) stays in
    // the cache meanwhile. Each such block is summed on its own, so that rounding grows slowly with the text's length.
    private const int BlockWords = 4;

    private readonly float[] _classToken;
    private float* _rows;

    /// <summary>Computes the table of a text.</summary>
    /// <param name="network">The network, in evaluation mode.</param>
    /// <param name="ids">The word ids of the text, at most <see cref="MostTokens"/>.</param>
    /// <exception cref="SpexInputException">The text is too long.</exception>
    public AblationTable(SentimentNetwork network, ReadOnlySpan<int> ids)
    {
        if (ids.Length > MostTokens)
        {
            throw new SpexInputException($"The text has {ids.Length} tokens; the built-in model takes at most {MostTokens}. Explain a part of it.");
        }

        TokenCount = ids.Length;
        Dimension = network.Shape.Dimension;
        Heads = network.Shape.Heads;
        Stride = (Dimension + Heads + Lanes - 1) / Lanes * Lanes;
        _classToken = new float[Stride];
        _rows = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, ids.Length) * Patterns * (nuint)Stride * sizeof(float), 64);
        new Span<float>(_classToken).Clear();
        Fill(network, ids);
    }

    ~AblationTable() => Free();

    /// <summary>Number of tokens of the text.</summary>
    public int TokenCount { get; }

    /// <summary>d: numbers that attention gathers.</summary>
    public int Dimension { get; }

    /// <summary>Attention heads.</summary>
    public int Heads { get; }

    /// <summary>Numbers a row.</summary>
    public int Stride { get; }

    /// <summary>Words of a token mask, with room for the windows that reach beyond its ends: bit <see cref="Reach"/> + i is token i.</summary>
    public int MaskWords => ((TokenCount + (2 * Reach) + 63) / 64) + 1;

    /// <summary>Numbers of scratch that <see cref="Gather"/> needs besides its sums: one a token of a block.</summary>
    public static int OffsetCount => BlockWords * 64;

    /// <summary>What attention gathers under some masks. What it gives for one mask does not depend on the others.</summary>
    /// <param name="masks">Tokens that are present: rows × <see cref="MaskWords"/> words.</param>
    /// <param name="rows">Number of masks.</param>
    /// <param name="offsets">Scratch, <see cref="OffsetCount"/> numbers.</param>
    /// <param name="sums">Scratch, rows × <see cref="Stride"/> numbers.</param>
    /// <param name="gathered">rows × d numbers, head after head.</param>
    public void Gather(ReadOnlySpan<ulong> masks, int rows, Span<int> offsets, Span<float> sums, Span<float> gathered)
    {
        ObjectDisposedException.ThrowIf(_rows is null, this);
        int words = MaskWords;
        for (int row = 0; row < rows; row++)
        {
            _classToken.CopyTo(sums[(row * Stride)..]);
        }

        fixed (float* total = sums)
        fixed (int* present = offsets)
        {
            for (int first = 0; first < words - 1; first += BlockWords)
            {
                int end = Math.Min(first + BlockWords, words - 1);
                for (int row = 0; row < rows; row++)
                {
                    int count = PresentRows(masks.Slice(row * words, words), first, end, offsets);
                    AddRows(present, count, total + (row * Stride));
                }
            }
        }

        for (int row = 0; row < rows; row++)
        {
            Normalize(sums.Slice(row * Stride, Stride), gathered.Slice(row * Dimension, Dimension));
        }
    }

    /// <summary>All rows as a tensor, with one of zeros behind them: (16·tokens + 1) × <see cref="Stride"/>.</summary>
    public Tensor RowsAndZero()
    {
        ObjectDisposedException.ThrowIf(_rows is null, this);
        int rows = TokenCount * Patterns;
        Tensor copy = zeros(rows + 1L, Stride);
        new ReadOnlySpan<float>(_rows, rows * Stride).CopyTo(MemoryMarshal.Cast<byte, float>(copy.bytes));
        return copy;
    }

    /// <summary>The classification token's own row: <see cref="Stride"/> numbers.</summary>
    public Tensor ClassToken() => tensor(_classToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>The table row (not yet times the stride) of each token that is present in words [first, end) of a mask.</summary>
    private static int PresentRows(ReadOnlySpan<ulong> mask, int first, int end, Span<int> rows)
    {
        int count = 0;
        for (int word = first; word < end; word++)
        {
            ulong bits = mask[word];
            while (bits != 0)
            {
                int place = (word * 64) + BitOperations.TrailingZeroCount(bits);
                bits &= bits - 1;

                // The five bits around the token, its own in the middle.
                int start = place - Reach;
                int shift = start & 63;
                ulong around = mask[start >> 6] >> shift;
                around |= shift > 64 - SentimentNetworkShape.Taps ? mask[(start >> 6) + 1] << (64 - shift) : 0;
                int pattern = (int)((around & 3) | ((around >> 1) & 12));
                rows[count++] = (start * Patterns) + pattern;
            }
        }

        return count;
    }

    /// <summary>Divides each head's sum by its weights' sum.</summary>
    private void Normalize(ReadOnlySpan<float> sum, Span<float> gathered)
    {
        int perHead = Dimension / Heads;
        for (int head = 0; head < Heads; head++)
        {
            float scale = 1 / sum[Dimension + head];
            for (int i = head * perHead; i < (head + 1) * perHead; i++)
            {
                gathered[i] = sum[i] * scale;
            }
        }
    }

    /// <summary>total += the sum of some rows; eight vectors at a time stay in registers.</summary>
    private void AddRows(int* rows, int count, float* total)
    {
        int vectors = Stride / Lanes;
        int v = 0;
        for (; v + 8 <= vectors; v += 8)
        {
            float* column = _rows + (v * Lanes);
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
            for (int r = 0; r < count; r++)
            {
                float* row = column + ((long)rows[r] * Stride);
                s0 += Vector256.Load(row);
                s1 += Vector256.Load(row + 8);
                s2 += Vector256.Load(row + 16);
                s3 += Vector256.Load(row + 24);
                s4 += Vector256.Load(row + 32);
                s5 += Vector256.Load(row + 40);
                s6 += Vector256.Load(row + 48);
                s7 += Vector256.Load(row + 56);
            }

            float* target = total + (v * Lanes);
            (Vector256.Load(target) + s0).Store(target);
            (Vector256.Load(target + 8) + s1).Store(target + 8);
            (Vector256.Load(target + 16) + s2).Store(target + 16);
            (Vector256.Load(target + 24) + s3).Store(target + 24);
            (Vector256.Load(target + 32) + s4).Store(target + 32);
            (Vector256.Load(target + 40) + s5).Store(target + 40);
            (Vector256.Load(target + 48) + s6).Store(target + 48);
            (Vector256.Load(target + 56) + s7).Store(target + 56);
        }

        for (; v < vectors; v++)
        {
            float* column = _rows + (v * Lanes);
            Vector256<float> s = default;
            for (int r = 0; r < count; r++)
            {
                s += Vector256.Load(column + ((long)rows[r] * Stride));
            }

            (Vector256.Load(total + (v * Lanes)) + s).Store(total + (v * Lanes));
        }
    }

    private void Fill(SentimentNetwork network, ReadOnlySpan<int> ids)
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            (Tensor classScore, Tensor classValue) = network.ClassTokenKey();
            float[] scores = new float[(long)ids.Length * Patterns * Heads];
            for (int start = 0; start < ids.Length; start += Chunk)
            {
                FillChunk(network, ids, start, Math.Min(Chunk, ids.Length - start), scores);
            }

            Weigh(scores, classScore.cpu().data<float>().ToArray(), classValue.cpu().data<float>().ToArray());
        }
    }

    /// <summary>Scores and values of a stretch of positions under all patterns of their neighbours.</summary>
    private void FillChunk(SentimentNetwork network, ReadOnlySpan<int> ids, int start, int count, float[] scores)
    {
        using DisposeScope scope = NewDisposeScope();

        // One extra column for the mask token: what a neighbour that is switched off adds.
        long[] near = new long[count + (2 * Reach)];
        for (int i = 0; i < near.Length; i++)
        {
            int position = start + i - Reach;
            near[i] = position >= 0 && position < ids.Length ? ids[position] : Vocabulary.Padding;
        }

        Tensor nearIds = tensor(near, device: network.Device);
        Tensor embedded = network.Embed(nearIds);
        Tensor inside = nearIds.ne(Vocabulary.Padding).to_type(ScalarType.Float32).unsqueeze(-1);
        Tensor mask = network.Embed(tensor([(long)Vocabulary.Mask], device: network.Device));

        // What a neighbour adds to the hidden sums when it is off (0) and on (1): count × 2 × hidden; nothing outside the text.
        Tensor Neighbour(int tap)
        {
            Tensor on = network.LocalTap(embedded.narrow(0, tap, count), tap);
            Tensor off = network.LocalTap(mask, tap) * inside.narrow(0, tap, count);
            return stack([off, on], 1);
        }

        // Bit 0 (the first tap) varies fastest, so it is the last axis before the hidden units.
        Tensor own = embedded.narrow(0, Reach, count);
        Tensor left = Neighbour(1).unsqueeze(2) + Neighbour(0).unsqueeze(1);
        Tensor right = Neighbour(4).unsqueeze(2) + Neighbour(3).unsqueeze(1);
        Tensor centre = (network.LocalTap(own, Reach) + network.LocalBias).view(count, 1, 1, -1);
        Tensor sums = right.view(count, 4, 1, -1) + (left + centre).view(count, 1, 4, -1);
        Tensor states = network.LocalOut(sums.view(count, Patterns, -1), own.unsqueeze(1));
        (Tensor score, Tensor value) = network.Attend(states);
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(value.cpu().contiguous().bytes);
        MemoryMarshal.Cast<byte, float>(score.cpu().contiguous().bytes).CopyTo(scores.AsSpan(start * Patterns * Heads));
        for (int row = 0; row < count * Patterns; row++)
        {
            Span<float> target = Row((start * Patterns) + row);
            values.Slice(row * Dimension, Dimension).CopyTo(target);
            target[Dimension..].Clear();
        }
    }

    /// <summary>Scores become weights: exp(s − m), m the head's largest score, which cancels in the quotient and keeps the weights in range.</summary>
    private void Weigh(float[] scores, float[] classScore, float[] classValue)
    {
        float[] largest = (float[])classScore.Clone();
        for (int i = 0; i < scores.Length; i++)
        {
            largest[i % Heads] = Math.Max(largest[i % Heads], scores[i]);
        }

        for (int row = 0; row < TokenCount * Patterns; row++)
        {
            WeighRow(Row(row), scores.AsSpan(row * Heads, Heads), largest);
        }

        classValue.CopyTo(_classToken, 0);
        WeighRow(_classToken, classScore, largest);
    }

    private void WeighRow(Span<float> row, ReadOnlySpan<float> scores, float[] largest)
    {
        int perHead = Dimension / Heads;
        for (int head = 0; head < Heads; head++)
        {
            float weight = MathF.Exp(scores[head] - largest[head]);
            foreach (ref float value in row.Slice(head * perHead, perHead))
            {
                value *= weight;
            }

            row[Dimension + head] = weight;
        }
    }

    private Span<float> Row(int row) => new(_rows + ((long)row * Stride), Stride);

    private void Free()
    {
        NativeMemory.AlignedFree(_rows);
        _rows = null;
    }
}
