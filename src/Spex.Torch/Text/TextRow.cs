namespace Spex.Torch.Text;

/// <summary>What a model reads for one mask.</summary>
/// <param name="Tokens">The tokens.</param>
/// <param name="Absent">Tokens to which nothing attends; null where there are none.</param>
internal sealed record TextRow(int[] Tokens, bool[]? Absent);
