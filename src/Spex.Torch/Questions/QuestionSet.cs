using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Torch.Models;
using Spex.Torch.Tokenizers;

namespace Spex.Torch.Questions;

/// <summary>Questions with the prompts in which a model reads them.</summary>
public sealed class QuestionSet
{
    /// <summary>Takes questions that are tokens already.</summary>
    internal QuestionSet(IReadOnlyList<PreparedQuestion> questions, string fingerprint) => (Questions, Fingerprint) = (questions, fingerprint);

    /// <summary>Number of questions.</summary>
    public int Count => Questions.Count;

    /// <summary>Same prompts, answers and tokenizer, same text.</summary>
    public string Fingerprint { get; }

    /// <summary>The questions.</summary>
    internal IReadOnlyList<PreparedQuestion> Questions { get; }

    /// <summary>Puts questions into prompts and turns these into tokens.</summary>
    /// <param name="questions">The questions, one or more.</param>
    /// <param name="shots">Questions with their answers that each prompt begins with; none for none.</param>
    /// <param name="format">How it is asked.</param>
    /// <param name="subject">What the questions are about; told with <see cref="QuestionFormat.Letters"/>.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="contextLength">The most tokens that the model takes.</param>
    /// <exception cref="SpexInputException">There are no questions, or a prompt is longer than the model's context.</exception>
    public static QuestionSet Prepare(
        IReadOnlyList<MultipleChoiceQuestion> questions, IReadOnlyList<MultipleChoiceQuestion> shots, QuestionFormat format, string subject, TextTokenizer tokenizer, int contextLength)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (questions.Count == 0)
        {
            throw new SpexInputException("There are no questions to ask. Give a file with more questions, or use fewer of them for the value.");
        }

        StringBuilder all = new(tokenizer.Name);
        List<PreparedQuestion> prepared = [];
        foreach (MultipleChoiceQuestion question in questions)
        {
            string prompt = PromptOf(question, shots, format, subject);
            string[] choices = [.. question.Choices.Select((text, choice) => $" {(format == QuestionFormat.Letters ? Letter(choice) : text)}")];
            int[] tokens = [.. tokenizer.Special.Before, .. tokenizer.Encode(tokenizer.Normalize(prompt)).Select(piece => piece.Id)];
            ContinuationTree tree = new(choices.Select(tokenizer.EncodeContinuation));
            int length = tokens.Length + tree.Lengths.Max() - 1;
            if (length > contextLength)
            {
                throw new SpexInputException(
                    $"The question on line {question.Line} takes {length} tokens with its {shots.Count} solved examples, and the model takes {contextLength}: {length - contextLength} too many. "
                    + "Give fewer examples, or leave the question out.");
            }

            prepared.Add(new PreparedQuestion(tokens, tree, question.Answer));
            all.Append('\0').Append(prompt).Append('\0').AppendJoin('\0', choices).Append('\0').Append(question.Answer);
        }

        return new QuestionSet(prepared, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..16]);
    }

    /// <summary>The text in front of the answer: MMLU's header, the solved examples, the question.</summary>
    internal static string PromptOf(MultipleChoiceQuestion question, IReadOnlyList<MultipleChoiceQuestion> shots, QuestionFormat format, string subject)
    {
        StringBuilder prompt = new(format == QuestionFormat.Letters ? $"The following are multiple choice questions (with answers) about {subject}.\n\n" : "");
        foreach (MultipleChoiceQuestion shot in shots)
        {
            prompt.Append(Asked(shot)).Append(' ').Append(format == QuestionFormat.Letters ? Letter(shot.Answer) : shot.Choices[shot.Answer]).Append("\n\n");
        }

        return prompt.Append(Asked(question)).ToString();

        string Asked(MultipleChoiceQuestion one) => format == QuestionFormat.Texts
            ? one.Text
            : $"{one.Text}{string.Concat(one.Choices.Select((text, choice) => $"\n{Letter(choice)}. {text}"))}\nAnswer:";
    }

    private static string Letter(int choice) => ((char)('A' + choice)).ToString();
}
