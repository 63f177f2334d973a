namespace Spex.Torch.Text;

/// <summary>A token that a row may hold: which slots hold theirs is told by the mask alone.</summary>
/// <param name="Token">The token.</param>
/// <param name="Feature">The feature that decides; −1 where the slot always holds its token.</param>
/// <param name="IfPresent">Whether it holds its token where the feature is present, or where it is absent.</param>
internal readonly record struct TextSlot(int Token, int Feature, bool IfPresent);
