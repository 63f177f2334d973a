using Spex.Core.Random;
using Spex.Torch.Sentiment;

namespace Spex.Torch.Tests.Sentiment;

public sealed class WordVectorsTests
{
    private const int Words = 24;

    [Fact]
    public void Words_of_like_contexts_come_close()
    {
        float[] vectors = WordVectors.Train(Documents(), Words, 3, Options(), 1, null, CancellationToken.None);

        // Even ids occur among even ids only, odd ones among odd ones.
        Assert.True(Cosine(vectors, 4, 6) > Cosine(vectors, 4, 7) + 0.3, $"{Cosine(vectors, 4, 6)} {Cosine(vectors, 4, 7)}");
        Assert.All(vectors, number => Assert.True(float.IsFinite(number)));
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_others()
    {
        float[] first = WordVectors.Train(Documents(), Words, 3, Options(), 1, null, CancellationToken.None);
        Assert.Equal(first, WordVectors.Train(Documents(), Words, 3, Options(), 1, null, CancellationToken.None));
        Assert.NotEqual(first, WordVectors.Train(Documents(), Words, 3, Options(), 2, null, CancellationToken.None));
    }

    [Fact]
    public void Progress_ends_at_one_and_cancelling_stops()
    {
        List<double> shares = [];
        _ = WordVectors.Train(Documents(), Words, 3, Options(), 1, shares.Add, CancellationToken.None);
        Assert.Equal(1, shares[^1]);
        Assert.Equal(shares.Order(), shares);
        Assert.ThrowsAny<OperationCanceledException>(() => WordVectors.Train(Documents(), Words, 3, Options(), 1, null, new CancellationToken(true)));
    }

    private static WordVectorOptions Options() => new(Dimension: 32, Epochs: 5, Subsample: 1);

    private static List<int[]> Documents()
    {
        List<int[]> documents = [];
        for (int d = 0; d < 400; d++)
        {
            int parity = d & 1;
            documents.Add([.. Enumerable.Range(0, 12).Select(i => 4 + parity + (2 * Philox.Below(9, (ulong)d, (ulong)i, 9)))]);
        }

        return documents;
    }

    private static double Cosine(float[] vectors, int a, int b)
    {
        double dot = 0, normA = 0, normB = 0;
        for (int i = 0; i < 32; i++)
        {
            double x = vectors[(a * 32) + i], y = vectors[(b * 32) + i];
            dot += x * y;
            normA += x * x;
            normB += y * y;
        }

        return dot / Math.Sqrt(normA * normB);
    }
}
