namespace Spex.Torch.Questions;

/// <summary>How a language model is asked a multiple-choice question.</summary>
public enum QuestionFormat
{
    /// <summary>As MMLU asks: the answers are listed under letters, and the letters' probabilities are compared.</summary>
    Letters,

    /// <summary>The question is continued by each answer, and the mean log-probabilities of the answers' tokens are compared: for small models, and for texts that go on.</summary>
    Texts,
}
