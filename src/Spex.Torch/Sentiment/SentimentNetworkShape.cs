namespace Spex.Torch.Sentiment;

/// <summary>The sizes of a <see cref="SentimentNetwork"/>.</summary>
/// <param name="VocabularySize">Rows of the embedding.</param>
/// <param name="Dimension">Numbers a word, d.</param>
/// <param name="Reach">Words to each side that a word's state depends on before attention.</param>
/// <param name="LocalHidden">Hidden units of the local layer.</param>
/// <param name="Heads">Attention heads; they divide the dimension.</param>
/// <param name="FeedForward">Hidden units behind attention.</param>
internal sealed record SentimentNetworkShape(
    int VocabularySize, int Dimension = 128, int Reach = 2, int LocalHidden = 256, int Heads = 4, int FeedForward = 256)
{
    /// <summary>Words a local window spans.</summary>
    public int Window => (2 * Reach) + 1;

    /// <summary>Numbers a head.</summary>
    public int HeadDimension => Dimension / Heads;
}
