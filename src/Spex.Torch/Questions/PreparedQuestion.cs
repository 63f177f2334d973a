using Spex.Torch.Models;

namespace Spex.Torch.Questions;

/// <summary>A question as a model reads it.</summary>
/// <param name="Prompt">Tokens up to the answer.</param>
/// <param name="Choices">The answers' tokens, all to be scored in one pass.</param>
/// <param name="Answer">Index of the right one.</param>
internal sealed record PreparedQuestion(IReadOnlyList<int> Prompt, ContinuationTree Choices, int Answer)
{
    /// <summary>Tokens in the pass that scores it.</summary>
    public int Length => Prompt.Count + Choices.Lengths.Sum(length => length - 1);
}
