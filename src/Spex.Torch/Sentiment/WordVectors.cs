using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Spex.Core.Random;

namespace Spex.Torch.Sentiment;

/// <summary>
/// Word vectors by skip-gram with negative sampling (Mikolov et al., "Distributed representations of words and phrases and their
/// compositionality", 2013), one thread, the same bits on every processor.
/// </summary>
/// <remarks>
/// The negatives of one centre word are shared by all its contexts (as in Ji et al., "Parallelizing word2vec in shared and distributed
/// memory", 2016): five rows stay in the first-level cache instead of five new ones a pair. Sums run in eight lanes and no multiply-add is fused.
/// </remarks>
internal sealed unsafe class WordVectors
{
    private const int Negatives = 5;
    private const int NoiseTableSize = 1 << 20;
    private const int SigmoidSize = 1 << 10;
    private const float SigmoidRange = 6;
    private const ulong DrawStream = 0x5747_0001;
    private const ulong InitStream = 0x5747_0002;

    private readonly int _dimension;
    private readonly float[] _input;
    private readonly float[] _output;
    private readonly float[] _sigmoid = new float[SigmoidSize + 1];

    private WordVectors(int count, int dimension, ulong seed)
    {
        _dimension = dimension;
        _input = GC.AllocateArray<float>(count * dimension, pinned: true);
        _output = GC.AllocateArray<float>(count * dimension, pinned: true);
        for (int i = 0; i < _input.Length; i++)
        {
            _input[i] = (float)((Philox.Uniform(seed, InitStream, (ulong)i) - 0.5) / dimension);
        }

        for (int i = 0; i <= SigmoidSize; i++)
        {
            double x = ((2.0 * i / SigmoidSize) - 1) * SigmoidRange;
            _sigmoid[i] = (float)(1 / (1 + Math.Exp(-x)));
        }
    }

    /// <summary>Learns one vector a word id.</summary>
    /// <param name="documents">Word ids of each document; windows do not cross its ends. Ids below <paramref name="firstWord"/> are passed over.</param>
    /// <param name="count">Number of ids.</param>
    /// <param name="firstWord">The first id that is a word.</param>
    /// <param name="options">Dimension, epochs and the like.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="progress">Called with the share done, 0 to 1.</param>
    /// <param name="cancel">Stops the run.</param>
    /// <returns>count × dimension numbers, row after row.</returns>
    public static float[] Train(
        IReadOnlyList<int[]> documents, int count, int firstWord, WordVectorOptions options, ulong seed, Action<double>? progress, CancellationToken cancel)
    {
        WordVectors vectors = new(count, options.Dimension, seed);
        vectors.Run(documents, count, firstWord, options, seed, progress, cancel);
        return vectors._input;
    }

    private void Run(
        IReadOnlyList<int[]> documents, int count, int firstWord, WordVectorOptions options, ulong seed, Action<double>? progress, CancellationToken cancel)
    {
        long[] counts = new long[count];
        long total = 0;
        foreach (int[] document in documents)
        {
            foreach (int id in document)
            {
                counts[id]++;
                total += id >= firstWord ? 1 : 0;
            }
        }

        uint[] keep = KeepThresholds(counts, firstWord, total, options.Subsample);
        int[] noise = NoiseTable(counts, firstWord);
        int[] kept = new int[documents.Max(document => document.Length)];
        long done = 0, allWords = total * options.Epochs;
        ulong draw = 0;
        int[] outputs = new int[Negatives + 1];
        float* gradient = stackalloc float[_dimension];
        float* outputGradient = stackalloc float[(Negatives + 1) * _dimension];
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            for (int d = 0; d < documents.Count; d++)
            {
                if ((d & 255) == 0)
                {
                    cancel.ThrowIfCancellationRequested();
                    progress?.Invoke((double)done / allWords);
                }

                int length = 0;
                foreach (int id in documents[d])
                {
                    if (id >= firstWord)
                    {
                        done++;
                        if ((uint)(Philox.Bits(seed, DrawStream, draw++) >> 32) <= keep[id])
                        {
                            kept[length++] = id;
                        }
                    }
                }

                float rate = options.LearningRate * MathF.Max(1e-3f, 1 - (float)((double)done / allWords));
                for (int i = 0; i < length; i++)
                {
                    ulong bits = Philox.Bits(seed, DrawStream, draw++);
                    int window = 1 + (int)(bits % (ulong)options.Window);
                    outputs[0] = kept[i];
                    ulong bits1 = Philox.Bits(seed, DrawStream, draw++), bits2 = Philox.Bits(seed, DrawStream, draw++);
                    outputs[1] = noise[(int)(bits >> 32) & (NoiseTableSize - 1)];
                    outputs[2] = noise[(int)bits1 & (NoiseTableSize - 1)];
                    outputs[3] = noise[(int)(bits1 >> 32) & (NoiseTableSize - 1)];
                    outputs[4] = noise[(int)bits2 & (NoiseTableSize - 1)];
                    outputs[5] = noise[(int)(bits2 >> 32) & (NoiseTableSize - 1)];
                    Step(kept, length, i, window, outputs, rate, gradient, outputGradient);
                }
            }
        }

        progress?.Invoke(1);
    }

    /// <summary>One centre word against its window: the contexts' vectors predict the centre among the negatives.</summary>
    private void Step(int[] kept, int length, int centre, int window, int[] outputs, float rate, float* gradient, float* outputGradient)
    {
        int dimension = _dimension;
        fixed (float* input = _input, output = _output)
        {
            new Span<float>(outputGradient, outputs.Length * dimension).Clear();
            int from = Math.Max(0, centre - window), to = Math.Min(length - 1, centre + window);
            for (int c = from; c <= to; c++)
            {
                if (c == centre)
                {
                    continue;
                }

                float* context = input + ((long)kept[c] * dimension);
                new Span<float>(gradient, dimension).Clear();
                for (int k = 0; k < outputs.Length; k++)
                {
                    if (k > 0 && outputs[k] == outputs[0])
                    {
                        continue;
                    }

                    float* target = output + ((long)outputs[k] * dimension);
                    float error = ((k == 0 ? 1 : 0) - Sigmoid(Dot(context, target, dimension))) * rate;
                    Add(gradient, target, error, dimension);
                    Add(outputGradient + (k * dimension), context, error, dimension);
                }

                Add(context, gradient, 1, dimension);
            }

            for (int k = 0; k < outputs.Length; k++)
            {
                Add(output + ((long)outputs[k] * dimension), outputGradient + (k * dimension), 1, dimension);
            }
        }
    }

    private float Sigmoid(float x)
    {
        float place = ((x / SigmoidRange) + 1) * (SigmoidSize / 2);
        return _sigmoid[Math.Clamp((int)place, 0, SigmoidSize)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot(float* a, float* b, int count)
    {
        Vector256<float> sum0 = Vector256<float>.Zero, sum1 = Vector256<float>.Zero;
        for (int i = 0; i < count; i += 16)
        {
            sum0 += Vector256.Load(a + i) * Vector256.Load(b + i);
            sum1 += Vector256.Load(a + i + 8) * Vector256.Load(b + i + 8);
        }

        return Vector256.Sum(sum0 + sum1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* target, float* source, float factor, int count)
    {
        Vector256<float> scale = Vector256.Create(factor);
        for (int i = 0; i < count; i += 8)
        {
            (Vector256.Load(target + i) + (Vector256.Load(source + i) * scale)).Store(target + i);
        }
    }

    /// <summary>Frequent words are dropped at random: kept with probability √(t/f) + t/f, f the word's share (word2vec's form of the paper's rule).</summary>
    private static uint[] KeepThresholds(long[] counts, int firstWord, long total, double subsample)
    {
        uint[] keep = new uint[counts.Length];
        for (int id = firstWord; id < counts.Length; id++)
        {
            double share = Math.Max(1, counts[id]) / (double)total;
            keep[id] = (uint)(Math.Min(1, Math.Sqrt(subsample / share) + (subsample / share)) * uint.MaxValue);
        }

        return keep;
    }

    /// <summary>Negatives are drawn in proportion to count^0.75.</summary>
    private static int[] NoiseTable(long[] counts, int firstWord)
    {
        double sum = 0;
        for (int id = firstWord; id < counts.Length; id++)
        {
            sum += Math.Pow(counts[id], 0.75);
        }

        int[] table = new int[NoiseTableSize];
        int word = firstWord;
        double reached = Math.Pow(counts[word], 0.75) / sum;
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = word;
            while (word < counts.Length - 1 && (i + 1.0) / table.Length > reached)
            {
                word++;
                reached += Math.Pow(counts[word], 0.75) / sum;
            }
        }

        return table;
    }
}
