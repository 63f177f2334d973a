using Spex.Core;
using Spex.Core.Random;

namespace Spex.Torch.Questions;

/// <summary>Which questions a value function is made of, and which are held out.</summary>
/// <param name="Used">The questions of the value, in the file's order.</param>
/// <param name="HeldOut">The others, in the file's order.</param>
public sealed record QuestionSplit(IReadOnlyList<MultipleChoiceQuestion> Used, IReadOnlyList<MultipleChoiceQuestion> HeldOut)
{
    /// <summary>The most questions that are used where no number is given: as many as the ProxySPEX paper takes of MMLU's US history (120 of 231).</summary>
    public const int MostByDefault = 120;

    // "SPLIT": the draw is the same whatever the seed of a run, so that runs of several seeds explain one function.
    private const ulong Stream = 0x53_504C_4954;

    /// <summary>Draws the questions that are used at random, the same ones every time.</summary>
    /// <param name="questions">All questions.</param>
    /// <param name="count">How many are used, 1 to all; null for half of them, and at most <see cref="MostByDefault"/>.</param>
    /// <exception cref="SpexInputException">There are not so many.</exception>
    public static QuestionSplit Draw(IReadOnlyList<MultipleChoiceQuestion> questions, int? count)
    {
        ArgumentNullException.ThrowIfNull(questions);
        int used = count ?? Math.Min(MostByDefault, (questions.Count + 1) / 2);
        if (used < 1 || used > questions.Count)
        {
            throw new SpexInputException($"The file has {questions.Count} questions; {used} cannot be used. Take 1 to {questions.Count}.");
        }

        HashSet<int> drawn = [.. Enumerable.Range(0, questions.Count).OrderBy(i => Philox.Bits(0, Stream, (ulong)i)).Take(used)];
        return new QuestionSplit([.. questions.Where((_, i) => drawn.Contains(i))], [.. questions.Where((_, i) => !drawn.Contains(i))]);
    }
}
