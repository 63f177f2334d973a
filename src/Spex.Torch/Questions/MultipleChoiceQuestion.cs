namespace Spex.Torch.Questions;

/// <summary>A question with answers to choose from.</summary>
/// <param name="Text">The question.</param>
/// <param name="Choices">The answers, two or more.</param>
/// <param name="Answer">Index of the right one.</param>
/// <param name="Line">The line of the file on which it begins, from 1.</param>
public sealed record MultipleChoiceQuestion(string Text, IReadOnlyList<string> Choices, int Answer, int Line);
