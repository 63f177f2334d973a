namespace Spex.Torch.Sentiment;

/// <summary>The sizes of a <see cref="SentimentNetwork"/>.</summary>
/// <param name="VocabularySize">Rows of the embedding.</param>
/// <param name="Dimension">Numbers a word, d; a multiple of 8 and of the heads.</param>
/// <param name="LocalHidden">Hidden units of the local layer.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="FeedForward">Hidden units behind attention.</param>
internal sealed record SentimentNetworkShape(int VocabularySize, int Dimension = 128, int LocalHidden = 256, int Heads = 4, int FeedForward = 256)
{
    /// <summary>Words to each side that a word's state depends on before attention.</summary>
    public const int Reach = 2;

    /// <summary>Words a local window spans.</summary>
    public const int Taps = (2 * Reach) + 1;

    /// <summary>Numbers a head.</summary>
    public int HeadDimension => Dimension / Heads;
}
