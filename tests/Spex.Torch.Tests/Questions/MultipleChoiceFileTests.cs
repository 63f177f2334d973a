using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Questions;

namespace Spex.Torch.Tests.Questions;

public sealed class MultipleChoiceFileTests
{
    [Fact]
    public void Questions_are_read_with_letters_and_numbers_and_a_header_is_passed_over()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.csv", "question,A,B,C,D,answer\n\"Two,\nor \"\"three\"\"?\",1,2,3,4,B\nx,p,q,r,s,3\ny,p,q,r,s, c \n");
        IReadOnlyList<MultipleChoiceQuestion> questions = MultipleChoiceFile.Read(path);
        Assert.Equal([1, 3, 2], questions.Select(question => question.Answer));
        Assert.Equal("Two,\nor \"three\"?", questions[0].Text);
        Assert.Equal(["1", "2", "3", "4"], questions[0].Choices);
        Assert.Equal([2, 4, 5], questions.Select(question => question.Line));
        Assert.Equal([0, 1], MultipleChoiceFile.Read(folder.Write("b.csv", "q,yes,no,A\nr,yes,no,B")).Select(question => question.Answer));
    }

    [Theory]
    [InlineData("", "has no questions")]
    [InlineData("question,A,B,C,D,answer\n", "has no questions")]
    [InlineData("q,a,A\n", "line 1: the record has 3 fields; a question, two or more answers")]
    [InlineData("q,a,b,c,d,A\nq,a,b,c,A\n", "line 2: the record has 5 fields; the records before have 6")]
    [InlineData("q,a,b,c,d,E\n", "line 1: the right answer is \"E\"; A to D, or 0 to 3, are allowed")]
    [InlineData("q,a,b,c,d,4\n", "the right answer is \"4\"")]
    [InlineData("q,a,b,c,d,true\n", "the right answer is \"true\"")]
    [InlineData("q,a,,c,d,A\n", "line 1: field 3 is empty")]
    public void What_is_no_question_is_told_with_its_line(string content, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("a.csv", content);
        string told = Assert.Throws<SpexInputException>(() => MultipleChoiceFile.Read(path)).Message;
        Assert.StartsWith(path, told);
        Assert.Contains(message, told);
    }

    [Fact]
    public void Mmlus_files_are_read()
    {
        if (SharedFolder.Find("data", Path.Combine("mmlu", "high_school_us_history_test.csv")) is not { } data)
        {
            Assert.Skip("MMLU's files are not here.");
            return;
        }

        (string Name, int Count)[] files = [("test", 204), ("val", 22), ("dev", 5)];
        foreach ((string name, int count) in files)
        {
            string path = Path.Combine(data, "mmlu", $"high_school_us_history_{name}.csv");
            IReadOnlyList<MultipleChoiceQuestion> questions = MultipleChoiceFile.Read(path);
            Assert.Equal(count, questions.Count);
            Assert.All(questions, question => Assert.Equal(4, question.Choices.Count));
            Assert.Equal("high school us history", MultipleChoiceFile.SubjectOf(path));
        }

        // The whole subject, split as half and half: no question is on both sides.
        QuestionSplit split = QuestionSplit.Draw(MultipleChoiceFile.Read(Path.Combine(data, "mmlu", "high_school_us_history_test.csv")), null);
        Assert.Equal((102, 102), (split.Used.Count, split.HeldOut.Count));
        Assert.Empty(split.Used.Intersect(split.HeldOut));
    }

    [Fact]
    public void The_split_is_the_same_every_time_and_keeps_the_order()
    {
        MultipleChoiceQuestion[] all = [.. Enumerable.Range(0, 300).Select(i => new MultipleChoiceQuestion($"{i}", ["a", "b"], 0, i + 1))];
        QuestionSplit split = QuestionSplit.Draw(all, null);
        Assert.Equal(120, split.Used.Count);
        Assert.Equal(180, split.HeldOut.Count);
        Assert.Equal(split.Used, QuestionSplit.Draw(all, 120).Used);
        Assert.Equal(split.Used.Select(question => question.Line).Order(), split.Used.Select(question => question.Line));
        Assert.Empty(QuestionSplit.Draw(all, 300).HeldOut);
        Assert.Contains("has 300 questions; 301 cannot be used", Assert.Throws<SpexInputException>(() => QuestionSplit.Draw(all, 301)).Message);
    }
}
