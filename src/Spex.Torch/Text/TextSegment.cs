namespace Spex.Torch.Text;

/// <summary>One text that a model reads: a mask's row, or one window of it.</summary>
/// <param name="Row">The mask it belongs to.</param>
/// <param name="Tokens">The tokens.</param>
/// <param name="Absent">Tokens to which nothing attends; null where there are none.</param>
internal sealed record TextSegment(int Row, int[] Tokens, bool[]? Absent);
