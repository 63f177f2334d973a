using Spex.Core.Random;
using Spex.Torch.Text;

namespace Spex.Torch.Sentiment;

/// <summary>The examples of one epoch: SST-2 phrases and sentences, excerpts of IMDB reviews, negated phrases; cut into batches of like length.</summary>
internal sealed class TrainingExamples
{
    private const ulong Stream = 0x4558_0000;
    private const int ShortestExcerpt = 16;
    private const int LongestExcerpt = 128;

    // Batches of like length are cut from sorted stretches of this many batches, so that little is padding and the order stays random.
    private const int SortedBatches = 50;

    // What turns the sense of a short phrase around.
    private static readonly string[] Negators = ["not", "never", "n't", "hardly", "far from", "anything but", "is not", "is n't", "was not", "not at all", "nothing", "never been"];

    // Phrases that hold one of these are not negated again.
    private static readonly HashSet<string> NegativeWords = ["not", "n't", "never", "no", "nothing", "hardly", "without", "neither", "nor", "barely", "far", "anything", "but", "too", "less", "lack", "lacks", "fails", "fail"];

    private readonly SentimentTrainingOptions _options;
    private readonly List<TrainingExample> _phrases = [];
    private readonly List<TrainingExample> _reviews = [];
    private readonly List<TrainingExample> _short = [];
    private readonly List<int[]> _negators;

    public TrainingExamples(SentimentCorpus corpus, Vocabulary vocabulary, SentimentTrainingOptions options)
    {
        _options = options;
        TrainingExample Encode(LabelledText text) => new(vocabulary.Encode(PennTokenizer.Tokenize(text.Text)), text.Label);
        foreach (LabelledText text in corpus.Phrases.Concat(corpus.Sentences))
        {
            List<TextToken> tokens = PennTokenizer.Tokenize(text.Text);
            TrainingExample example = new(vocabulary.Encode(tokens), text.Label);
            if (tokens.Count > 0)
            {
                _phrases.Add(example);
            }

            if (tokens.Count is 1 or 2 && !tokens.Exists(token => NegativeWords.Contains(token.Form) || !char.IsLetter(token.Form[0])))
            {
                _short.Add(example);
            }
        }

        _reviews.AddRange(corpus.Reviews.Select(Encode).Where(review => review.Ids.Length > 0));
        _negators = [.. Negators.Select(negator => vocabulary.Encode(PennTokenizer.Tokenize(negator)))];
    }

    /// <summary>Texts an epoch.</summary>
    public int Count => _phrases.Count + _options.ReviewsPerEpoch + _options.NegationsPerEpoch;

    /// <summary>The batches of one epoch, each a rectangle of ids (rows × length, padded) with its labels; random, but the same for the same seed.</summary>
    public List<(long[] Ids, int Length, long[] Labels)> Batches(int epoch)
    {
        Draws draws = new(_options.Seed, Stream + (ulong)epoch);
        List<TrainingExample> examples = new(Count);
        examples.AddRange(_phrases);
        for (int i = 0; i < _options.ReviewsPerEpoch && _reviews.Count > 0; i++)
        {
            examples.Add(Excerpt(_reviews[draws.Below(_reviews.Count)], draws));
        }

        for (int i = 0; i < _options.NegationsPerEpoch && _short.Count > 0; i++)
        {
            TrainingExample phrase = _short[draws.Below(_short.Count)];
            examples.Add(new TrainingExample([.. _negators[draws.Below(_negators.Count)], .. phrase.Ids], 1 - phrase.Label));
        }

        TrainingExample[] shuffled = [.. examples];
        draws.Shuffle(shuffled.AsSpan());
        int stretch = _options.BatchSize * SortedBatches;
        List<(long[], int, long[])> batches = [];
        for (int start = 0; start < shuffled.Length; start += stretch)
        {
            Span<TrainingExample> part = shuffled.AsSpan(start, Math.Min(stretch, shuffled.Length - start));
            TrainingExample[] sorted = [.. part.ToArray().OrderBy(example => example.Ids.Length)];
            for (int first = 0; first < sorted.Length; first += _options.BatchSize)
            {
                batches.Add(Batch(sorted.AsSpan(first, Math.Min(_options.BatchSize, sorted.Length - first)), draws));
            }
        }

        (long[], int, long[])[] order = [.. batches];
        draws.Shuffle(order.AsSpan());
        return [.. order];
    }

    private static TrainingExample Excerpt(TrainingExample review, Draws draws)
    {
        int length = Math.Min(review.Ids.Length, ShortestExcerpt + draws.Below(LongestExcerpt - ShortestExcerpt + 1));

        // The end of a review says most; half of the excerpts are ends.
        int last = review.Ids.Length - length;
        int start = draws.Below(2) == 0 ? last : draws.Below(last + 1);
        return review with { Ids = review.Ids.AsSpan(start, length).ToArray() };
    }

    /// <summary>Lays examples side by side and masks words.</summary>
    private (long[] Ids, int Length, long[] Labels) Batch(ReadOnlySpan<TrainingExample> examples, Draws draws)
    {
        int length = examples[^1].Ids.Length;
        long[] ids = new long[examples.Length * length];
        long[] labels = new long[examples.Length];
        for (int row = 0; row < examples.Length; row++)
        {
            double rate = draws.Uniform() < _options.MaskedShare ? draws.Uniform() : 0;
            int[] words = examples[row].Ids;
            for (int i = 0; i < words.Length; i++)
            {
                double draw = draws.Uniform();
                bool unknown = draws.Uniform() < _options.UnknownShare;
                ids[(row * length) + i] = draw < rate ? Vocabulary.Mask : unknown ? Vocabulary.Unknown : words[i];
            }

            labels[row] = examples[row].Label;
        }

        return (ids, length, labels);
    }

    /// <summary>Numbers of one Philox stream, one after the other.</summary>
    private sealed class Draws(ulong seed, ulong stream)
    {
        private ulong _index;

        public double Uniform() => Philox.Uniform(seed, stream, _index++);

        public int Below(int bound) => Philox.Below(seed, stream, _index++, bound);

        public void Shuffle<T>(Span<T> items)
        {
            for (int i = items.Length - 1; i > 0; i--)
            {
                int j = Below(i + 1);
                (items[i], items[j]) = (items[j], items[i]);
            }
        }
    }
}
