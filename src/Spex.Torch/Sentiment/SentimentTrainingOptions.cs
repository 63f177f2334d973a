namespace Spex.Torch.Sentiment;

/// <summary>The training recipe of the built-in model; the defaults are those of the weights that are shipped.</summary>
public sealed record SentimentTrainingOptions
{
    /// <summary>The seed of everything drawn at random. Same seed, data, processor and library: same weights.</summary>
    public ulong Seed { get; init; }

    /// <summary>Words the model knows, 1,000 or more.</summary>
    public int VocabularyWords { get; init; } = 20_000;

    /// <summary>Passes of the word vectors over the text, 1 or more.</summary>
    public int VectorEpochs { get; init; } = 10;

    /// <summary>Passes of the network over the SST-2 phrases and sentences, 1 or more.</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>IMDB training reviews, cut to excerpts, that each of these passes adds.</summary>
    public int ReviewsPerEpoch { get; init; } = 6_000;

    /// <summary>Negated short phrases that each pass adds, with the opposite label: "not" before a negative phrase is positive.</summary>
    public int NegationsPerEpoch { get; init; } = 3_000;

    /// <summary>Texts a step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Highest learning rate of AdamW; it rises over the first 200 steps and falls by a cosine to zero.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The word vectors learn at this share of the rate.</summary>
    public double EmbeddingRateShare { get; init; } = 0.5;

    /// <summary>Share of units dropped.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Decay of the moving average of the weights, which is what is kept.</summary>
    public double AverageDecay { get; init; } = 0.998;

    /// <summary>Weight decay of AdamW.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Share of the texts in which words are masked, at a rate drawn from U(0, 1) for each.</summary>
    public double MaskedShare { get; init; } = 0.5;

    /// <summary>Share of words that become unknown, so that unknown words mean something to the model.</summary>
    public double UnknownShare { get; init; } = 0.02;
}
