using System.Text;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using Spex.Torch.Questions;
using Spex.Torch.Tokenizers;

namespace Spex.Torch.Tests.Questions;

public sealed class QuestionSetTests
{
    private static readonly MultipleChoiceQuestion Question = new("Which?", ["this", "that one"], 1, 7);
    private static readonly MultipleChoiceQuestion Shot = new("Who?", ["me", "you"], 0, 1);

    [Fact]
    public void Prompts_are_as_mmlu_writes_them()
    {
        Assert.Equal(
            "The following are multiple choice questions (with answers) about history.\n\nWho?\nA. me\nB. you\nAnswer: A\n\nWhich?\nA. this\nB. that one\nAnswer:",
            QuestionSet.PromptOf(Question, [Shot], QuestionFormat.Letters, "history"));
        Assert.Equal("Who? me\n\nWhich?", QuestionSet.PromptOf(Question, [Shot], QuestionFormat.Texts, "history"));
    }

    [Fact]
    public void Answers_are_tokens_of_their_own_and_the_fingerprint_tells_questions_apart()
    {
        TextTokenizer tokenizer = Characters();
        QuestionSet letters = QuestionSet.Prepare([Question], [], QuestionFormat.Letters, "x", tokenizer, 500), texts = QuestionSet.Prepare([Question], [], QuestionFormat.Texts, "x", tokenizer, 500);
        Assert.All(letters.Questions[0].Choices.Lengths, length => Assert.Equal(2, length));
        Assert.Equal([5, 9], texts.Questions[0].Choices.Lengths);
        Assert.Equal(1, letters.Questions[0].Prompt[0]);
        Assert.NotEqual(letters.Fingerprint, texts.Fingerprint);
        Assert.NotEqual(letters.Fingerprint, QuestionSet.Prepare([Question with { Answer = 0 }], [], QuestionFormat.Letters, "x", tokenizer, 500).Fingerprint);
        Assert.Equal(letters.Fingerprint, QuestionSet.Prepare([Question], [], QuestionFormat.Letters, "x", tokenizer, 400).Fingerprint);
    }

    [Fact]
    public void A_prompt_that_is_too_long_is_told_with_its_line()
    {
        int length = QuestionSet.Prepare([Question], [Shot], QuestionFormat.Texts, "x", Characters(), 500).Questions[0].Prompt.Count + 8;
        string message = Assert.Throws<SpexInputException>(() => QuestionSet.Prepare([Question], [Shot], QuestionFormat.Texts, "x", Characters(), length - 3)).Message;
        Assert.Contains($"line 7 takes {length} tokens with its 1 solved examples, and the model takes {length - 3}: 3 too many", message);
        Assert.Contains("no questions to ask", Assert.Throws<SpexInputException>(() => QuestionSet.Prepare([], [], QuestionFormat.Texts, "x", Characters(), 9)).Message);
    }

    /// <summary>A tokenizer in llama2.c's form whose pieces are single characters.</summary>
    private static TextTokenizer Characters()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", "{}");
        folder.Write("tokenizer.bin", CharacterPieces());
        return TokenizerFolder.Open(ModelFolder.Open(Path.GetDirectoryName(folder["x"])!));
    }

    /// <summary>128 pieces: three special ones, then the characters from the space to the tilde and some further letters.</summary>
    internal static byte[] CharacterPieces()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(8);
        foreach (string piece in (string[])["<unk>", "<s>", "</s>", "\n", .. Enumerable.Range(' ', 95).Select(code => $"{(char)code}"), .. Enumerable.Range('À', 29).Select(code => $"{(char)code}")])
        {
            byte[] bytes = Encoding.UTF8.GetBytes(piece);
            writer.Write(0f);
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }

        return stream.ToArray();
    }
}
