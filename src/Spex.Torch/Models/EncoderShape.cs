namespace Spex.Torch.Models;

/// <summary>The sizes of an encoder.</summary>
/// <param name="LayerCount">Layers.</param>
/// <param name="HeadCount">Attention heads a layer.</param>
/// <param name="HiddenSize">Numbers a token between layers.</param>
/// <param name="VocabularySize">Tokens there are.</param>
/// <param name="ContextLength">The most tokens of a text, those that go around it included.</param>
/// <param name="TypeCount">Types of tokens (first and second text); 0 where the model has none.</param>
public sealed record EncoderShape(int LayerCount, int HeadCount, int HiddenSize, int VocabularySize, int ContextLength, int TypeCount);
