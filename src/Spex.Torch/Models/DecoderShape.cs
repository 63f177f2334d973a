namespace Spex.Torch.Models;

/// <summary>The sizes of a decoder.</summary>
/// <param name="LayerCount">Layers.</param>
/// <param name="HeadCount">Attention heads a layer.</param>
/// <param name="KeyHeadCount">Heads of keys and values a layer; each serves HeadCount / KeyHeadCount attention heads.</param>
/// <param name="HeadSize">Numbers a head.</param>
/// <param name="HiddenSize">Numbers a token between layers.</param>
/// <param name="VocabularySize">Tokens there are.</param>
/// <param name="ContextLength">The most tokens of a text.</param>
public sealed record DecoderShape(int LayerCount, int HeadCount, int KeyHeadCount, int HeadSize, int HiddenSize, int VocabularySize, int ContextLength)
{
    /// <summary>A token attends to this many tokens, itself among them, and no further back; null for all.</summary>
    public int? Window { get; init; }

    /// <summary>The first layer for which <see cref="Window"/> holds.</summary>
    public int FirstWindowLayer { get; init; }
}
