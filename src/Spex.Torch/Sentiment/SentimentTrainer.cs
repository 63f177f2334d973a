using Spex.Core;
using Spex.Core.Random;
using Spex.Torch.Native;
using Spex.Torch.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Sentiment;

/// <summary>Trains the built-in sentiment model: word vectors from the text, then the network on labelled phrases, sentences and review excerpts.</summary>
public static class SentimentTrainer
{
    // An SST word is worth this many IMDB words when the vocabulary is chosen: short reviews are what the model is measured on.
    private const long SstWeight = 20;
    private const int WarmUpSteps = 200;
    private const double VectorShare = 0.25;
    private const ulong MeasureStream = 0x4D45_0000;

    /// <summary>Trains a model.</summary>
    /// <param name="dataDirectory">A folder with sst2_train.tsv, sst2_phrases_train.tsv.gz, sst2_dev.tsv, sst2_test.tsv, imdb_train.tsv.gz,
    /// imdb_test2000.tsv.gz and, where there is one, sentiment.csv; the model card says where the public data sets come from.</param>
    /// <param name="options">The recipe; null for that of the shipped weights.</param>
    /// <param name="progress">Told now and then how far the run is, on the thread that runs it.</param>
    /// <param name="cancel">Stops the run.</param>
    /// <returns>The model, which the caller disposes, and its accuracy.</returns>
    /// <exception cref="SpexInputException">The folder or a file is missing or malformed, or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static (SentimentModel Model, SentimentAccuracy Accuracy) Train(
        string dataDirectory, SentimentTrainingOptions? options = null, Action<SentimentTrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        options ??= new SentimentTrainingOptions();
        Check(options);
        SentimentCorpus corpus = SentimentCorpus.Read(dataDirectory);
        (Vocabulary vocabulary, List<int[]> documents) = Prepare(corpus, options.VocabularyWords);
        float[] vectors = WordVectors.Train(
            documents,
            vocabulary.Count,
            Vocabulary.Reserved,
            new WordVectorOptions(Epochs: options.VectorEpochs),
            options.Seed,
            share => progress?.Invoke(new SentimentTrainingProgress("word vectors", VectorShare * share, double.NaN)),
            cancel);
        SentimentModel model = TrainNetwork(corpus, vocabulary, vectors, options, progress, cancel);
        progress?.Invoke(new SentimentTrainingProgress("measuring", 1, double.NaN));
        return (model, Measure(model, corpus));
    }

    /// <summary>Chooses the vocabulary and encodes the texts that word vectors are learned from.</summary>
    internal static (Vocabulary Vocabulary, List<int[]> Documents) Prepare(SentimentCorpus corpus, int words)
    {
        List<List<TextToken>> documents = [];
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        void Count(List<LabelledText> texts, long weight)
        {
            foreach (LabelledText text in texts)
            {
                List<TextToken> tokens = PennTokenizer.Tokenize(text.Text);
                documents.Add(tokens);
                foreach (TextToken token in tokens)
                {
                    counts[token.Form] = counts.GetValueOrDefault(token.Form) + weight;
                }
            }
        }

        Count(corpus.Sentences, SstWeight);
        Count(corpus.Reviews, 1);
        string[] chosen = [.. counts
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Take(words)
            .Select(pair => pair.Key)];
        Vocabulary vocabulary = new(chosen);
        return (vocabulary, documents.ConvertAll(tokens => vocabulary.Encode(tokens)));
    }

    /// <summary>Trains the network from word vectors (vocabulary × d).</summary>
    internal static SentimentModel TrainNetwork(
        SentimentCorpus corpus,
        Vocabulary vocabulary,
        float[] vectors,
        SentimentTrainingOptions options,
        Action<SentimentTrainingProgress>? progress,
        CancellationToken cancel)
    {
        TorchRuntime.EnsureLoaded();
        TrainingExamples examples = new(corpus, vocabulary, options);
        SentimentNetworkShape shape = new(vocabulary.Count);
        SentimentNetwork network = new(shape, options.Seed) { Dropout = options.Dropout };
        SentimentNetwork average = new(shape, options.Seed);
        try
        {
            _ = random.manual_seed(unchecked((long)options.Seed));
            StartFrom(network, vectors);
            Copy(network, average);
            Run(network, average, examples, options, progress, cancel);
            return new SentimentModel(vocabulary, average);
        }
        catch
        {
            average.Dispose();
            throw;
        }
        finally
        {
            network.Dispose();
        }
    }

    /// <summary>The share of texts that a model classifies rightly, in percent.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">The texts and their labels.</param>
    /// <param name="maskedShare">Share of tokens masked at random, 0 to 1.</param>
    internal static double Accuracy(SentimentModel model, IReadOnlyList<LabelledText> texts, double maskedShare = 0)
    {
        int right = 0;
        ulong draw = 0;
        foreach (LabelledText text in texts)
        {
            int[] ids = model.Vocabulary.Encode(PennTokenizer.Tokenize(text.Text));
            for (int i = 0; i < ids.Length && maskedShare > 0; i++)
            {
                ids[i] = Philox.Uniform(0, MeasureStream, draw++) < maskedShare ? Vocabulary.Mask : ids[i];
            }

            (float negative, float positive) = model.Logits(ids);
            right += (positive > negative ? 1 : 0) == text.Label ? 1 : 0;
        }

        return 100.0 * right / texts.Count;
    }

    private static SentimentAccuracy Measure(SentimentModel model, SentimentCorpus corpus) => new(
        Accuracy(model, corpus.Dev),
        Accuracy(model, corpus.Test),
        Accuracy(model, corpus.Test, 0.25),
        Accuracy(model, corpus.Test, 0.5),
        Accuracy(model, corpus.Test, 0.75),
        Accuracy(model, corpus.ReviewTest));

    private static void Run(
        SentimentNetwork network,
        SentimentNetwork average,
        TrainingExamples examples,
        SentimentTrainingOptions options,
        Action<SentimentTrainingProgress>? progress,
        CancellationToken cancel)
    {
        Parameter[] rest = [.. network.parameters().Where(parameter => !ReferenceEquals(parameter, network.Embedding))];
        using optim.Optimizer words = optim.AdamW([network.Embedding], options.LearningRate * options.EmbeddingRateShare, weight_decay: 0);
        using optim.Optimizer others = optim.AdamW(rest, options.LearningRate, weight_decay: options.WeightDecay);
        int steps = options.Epochs * ((examples.Count + options.BatchSize - 1) / options.BatchSize);
        int step = 0;
        double loss = 0;
        network.train();
        for (int epoch = 0; epoch < options.Epochs; epoch++)
        {
            foreach ((long[] ids, int length, long[] labels) in examples.Batches(epoch))
            {
                cancel.ThrowIfCancellationRequested();
                double rate = Schedule(step, steps);
                SetRate(words, rate * options.LearningRate * options.EmbeddingRateShare);
                SetRate(others, rate * options.LearningRate);
                using (NewDisposeScope())
                {
                    words.zero_grad();
                    others.zero_grad();
                    Tensor error = F.cross_entropy(network.forward(tensor(ids, labels.Length, length)), tensor(labels));
                    error.backward();
                    words.step();
                    others.step();
                    Blend(network, average, Math.Min(options.AverageDecay, (step + 1.0) / (step + 10.0)));
                    if (step % 20 == 0)
                    {
                        loss = step == 0 ? error.item<float>() : (0.8 * loss) + (0.2 * error.item<float>());
                        progress?.Invoke(new SentimentTrainingProgress(
                            $"epoch {epoch + 1} of {options.Epochs}", VectorShare + ((1 - VectorShare) * step / steps), loss));
                    }
                }

                step++;
            }
        }
    }

    /// <summary>Linear rise, then half a cosine to zero.</summary>
    private static double Schedule(int step, int steps) =>
        Math.Min(1, (step + 1.0) / WarmUpSteps) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, (double)step / steps)));

    private static void SetRate(optim.Optimizer optimizer, double rate)
    {
        foreach (optim.ILearningRateController group in optimizer.ParamGroups)
        {
            group.LearningRate = rate;
        }
    }

    private static void StartFrom(SentimentNetwork network, float[] vectors)
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor rows = tensor(vectors, network.Shape.VocabularySize, network.Shape.Dimension);
            network.Embedding.copy_(rows);
        }
    }

    private static void Copy(SentimentNetwork from, SentimentNetwork to) => Blend(from, to, 0);

    /// <summary>average ← decay·average + (1 − decay)·weights.</summary>
    private static void Blend(SentimentNetwork network, SentimentNetwork average, double decay)
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            foreach ((Parameter source, Parameter target) in network.parameters().Zip(average.parameters()))
            {
                target.mul_(decay).add_(source, alpha: 1 - decay);
            }
        }
    }

    private static void Check(SentimentTrainingOptions options)
    {
        Require(options.VocabularyWords >= 1000, "vocabulary", options.VocabularyWords, "1,000 words or more");
        Require(options.VectorEpochs >= 1, "number of word-vector epochs", options.VectorEpochs, "1 or more");
        Require(options.Epochs >= 1, "number of epochs", options.Epochs, "1 or more");
        Require(options.BatchSize >= 1, "batch size", options.BatchSize, "1 or more");
        Require(options.ReviewsPerEpoch >= 0, "number of reviews", options.ReviewsPerEpoch, "0 or more");
        Require(options.NegationsPerEpoch >= 0, "number of negations", options.NegationsPerEpoch, "0 or more");
        Require(options.LearningRate > 0, "learning rate", options.LearningRate, "a number above 0");
        Require(options.Dropout is >= 0 and < 1, "dropout", options.Dropout, "0 up to, but not, 1");
    }

    private static void Require(bool holds, string what, object got, string allowed)
    {
        if (!holds)
        {
            throw new SpexInputException($"The {what} is {got}; allowed is {allowed}.");
        }
    }
}
