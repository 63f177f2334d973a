using System.IO.Compression;
using System.Text;
using Spex.Core;
using Spex.Core.Random;
using Spex.Torch.Sentiment;

namespace Spex.Torch.Tests.Sentiment;

/// <remarks>Alone: dropout draws from libtorch's one generator, which whatever makes a network at the same time draws from too.</remarks>
[Collection(nameof(SentimentTrainerTests))]
[CollectionDefinition(nameof(SentimentTrainerTests), DisableParallelization = true)]
public sealed class SentimentTrainerTests : IDisposable
{
    private static readonly string[] Good = ["fine", "lovely", "great", "superb"];
    private static readonly string[] Bad = ["poor", "dull", "awful", "stale"];
    private static readonly string[] Filler = ["the", "film", "is", "a", "plot", "and", "of", "it"];

    private readonly string _directory = Directory.CreateTempSubdirectory("spex").FullName;

    public SentimentTrainerTests()
    {
        Write("sst2_train.tsv", Lines(160, 1));
        Write("sst2_dev.tsv", Lines(40, 2));
        Write("sst2_test.tsv", Lines(60, 3));
        WriteZipped("sst2_phrases_train.tsv.gz", ["sentence\tlabel", .. Lines(320, 4)]);
        WriteZipped("imdb_train.tsv.gz", Lines(40, 5).Select((line, id) => Review(line, id)));
        WriteZipped("imdb_test2000.tsv.gz", Lines(40, 6).Select((line, id) => Review(line, id)));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Learns_and_gives_the_same_model_for_the_same_seed()
    {
        List<SentimentTrainingProgress> told = [];
        (SentimentModel model, SentimentAccuracy accuracy) = Train(_directory, Options(0), told.Add);
        using SentimentModel first = model;
        Assert.True(accuracy.Test >= 95, $"{accuracy}");
        Assert.InRange(accuracy.Masked75, 40, accuracy.Masked25);
        Assert.Equal(1, told[^1].Share);
        Assert.Equal(told.Select(progress => progress.Share).Order(), told.Select(progress => progress.Share));
        Assert.Contains(told, progress => progress.Phase == "epoch 2 of 6" && progress.Loss > 0);
        (SentimentModel again, _) = Train(_directory, Options(0));
        using SentimentModel second = again;
        Assert.Equal(first.Hash, second.Hash);
        (SentimentModel other, _) = Train(_directory, Options(1));
        using SentimentModel third = other;
        Assert.NotEqual(first.Hash, third.Hash);
    }

    [Fact]
    public void Reviews_that_people_explain_are_left_out()
    {
        SentimentCorpus corpus = SentimentCorpus.Read(_directory);
        Assert.Equal(0, corpus.HeldOutReviews);
        string review = corpus.Reviews[7].Text;
        Write("sentiment.csv", ["review,source,n,sentiment", $"\"{review.ToUpperInvariant()}<br />\",IMDB,9,positive"]);
        SentimentCorpus without = SentimentCorpus.Read(_directory);
        Assert.Equal(corpus.Reviews.Count(other => other.Text == review), without.HeldOutReviews);
        Assert.DoesNotContain(without.Reviews, other => other.Text == review);
    }

    [Fact]
    public void Missing_and_malformed_data_are_told()
    {
        Assert.Throws<SpexInputException>(() => Train(Path.Combine(_directory, "none")));
        File.Delete(Path.Combine(_directory, "sst2_dev.tsv"));
        Assert.Contains("sst2_dev.tsv", Assert.Throws<SpexInputException>(() => Train(_directory)).Message, StringComparison.Ordinal);
        Write("sst2_dev.tsv", ["a text\t1", "another text\t3"]);
        Assert.Contains("line 2", Assert.Throws<SpexInputException>(() => Train(_directory)).Message, StringComparison.Ordinal);
        Write("sst2_dev.tsv", []);
        Assert.Contains("no text", Assert.Throws<SpexInputException>(() => Train(_directory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Impossible_options_are_refused_before_data_is_read()
    {
        foreach (SentimentTrainingOptions options in new SentimentTrainingOptions[]
        {
            new() { Epochs = 0 }, new() { VectorEpochs = 0 }, new() { BatchSize = 0 }, new() { LearningRate = double.NaN }, new() { Dropout = 1 }, new() { VocabularyWords = 10 }, new() { ReviewsPerEpoch = -1 },
        })
        {
            Assert.Contains("allowed", Assert.Throws<SpexInputException>(() => Train("nowhere", options)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Stops_when_cancelled()
    {
        using CancellationTokenSource source = new();
        Assert.ThrowsAny<OperationCanceledException>(() => SentimentTrainer.Train(
            _directory,
            Options(0),
            progress =>
            {
                if (progress.Phase.StartsWith("epoch", StringComparison.Ordinal))
                {
                    source.Cancel();
                }
            },
            source.Token));
    }

    private static (SentimentModel Model, SentimentAccuracy Accuracy) Train(
        string directory, SentimentTrainingOptions? options = null, Action<SentimentTrainingProgress>? progress = null) =>
        SentimentTrainer.Train(directory, options, progress, TestContext.Current.CancellationToken);

    private static SentimentTrainingOptions Options(ulong seed) => new()
    {
        Seed = seed,
        Epochs = 6,
        VectorEpochs = 2,
        BatchSize = 16,
        LearningRate = 3e-3,
        ReviewsPerEpoch = 20,
        NegationsPerEpoch = 0,
        AverageDecay = 0.9,
    };

    private static string Review(string line, int id) => $"{line[^1]}\t{id}\t5\t{line[..^2]}";

    private static IEnumerable<string> Lines(int count, ulong stream)
    {
        for (int i = 0; i < count; i++)
        {
            int label = i & 1;
            string[] telling = label == 1 ? Good : Bad;
            IEnumerable<string> words = Enumerable.Range(0, 6).Select(k =>
                k == i % 6 ? telling[Philox.Below(8, stream, (ulong)i, 4)] : Filler[Philox.Below(8, stream + 100, (ulong)((i * 6) + k), 8)]);
            yield return $"{string.Join(' ', words)}\t{label}";
        }
    }

    private void Write(string name, IEnumerable<string> lines) => File.WriteAllLines(Path.Combine(_directory, name), lines);

    private void WriteZipped(string name, IEnumerable<string> lines)
    {
        using GZipStream stream = new(File.Create(Path.Combine(_directory, name)), CompressionLevel.Fastest);
        stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
    }
}
