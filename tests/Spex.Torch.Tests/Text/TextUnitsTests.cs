using CsCheck;
using Spex.Core;
using Spex.Torch.Text;

namespace Spex.Torch.Tests.Text;

public sealed class TextUnitsTests
{
    [Theory]
    [InlineData("It rained. \"Really?\" Yes!", "It rained.|\"Really?\"|Yes!")]
    [InlineData("Mr. Smith left at 5 p.m. on Monday. He (J. R. Jones) stayed.", "Mr. Smith left at 5 p.m. on Monday.|He (J. R. Jones) stayed.")]
    [InlineData("It cost 3.5 million... and more. No end", "It cost 3.5 million... and more.|No end")]
    [InlineData("Title without a stop\n\nA new start", "Title without a stop|A new start")]
    [InlineData("Am I? I am.", "Am I?|I am.")]
    [InlineData("今日は。明日も！", "今日は。|明日も！")]
    [InlineData("  ", "")]
    public void Sentences(string text, string expected) => Assert.Equal(expected, string.Join('|', TextUnits.Split(text, TextUnit.Sentence).Select(span => span.In(text))));

    [Theory]
    [InlineData("one\ntwo\n\nthree", "one\ntwo|three")]
    [InlineData("one\r\n\r\ntwo\n \n\nthree\n", "one|two|three")]
    public void Paragraphs(string text, string expected) => Assert.Equal(expected, string.Join('|', TextUnits.Split(text, TextUnit.Paragraph).Select(span => span.In(text))));

    [Fact]
    public void Lines() => Assert.Equal(["one two", "three"], TextUnits.Split("\none two\r\n\n three", TextUnit.Line).Select(span => span.In("\none two\r\n\n three")));

    [Fact]
    public void Words()
    {
        const string Text = "\"Well-made\", isn't it? -- 10,000 times";
        Assert.Equal(["Well-made", "isn't", "it", "10,000", "times"], TextUnits.Split(Text, TextUnit.Word).Select(span => span.In(Text)));
    }

    [Fact]
    public void Whatever_the_text_units_stand_in_order_without_overlap()
    {
        Gen.String[Gen.OneOf(Gen.Char[" \n.!?\"ab"], Gen.Char), 0, 40].Sample(text =>
        {
            foreach (TextUnit unit in (TextUnit[])[TextUnit.Word, TextUnit.Sentence, TextUnit.Paragraph, TextUnit.Line])
            {
                int reached = 0;
                foreach (TextSpan span in TextUnits.Split(text, unit))
                {
                    Assert.InRange(span.Start, reached, text.Length - 1);
                    Assert.InRange(span.Length, 1, text.Length - span.Start);
                    reached = span.End;
                }
            }
        });
    }

    [Fact]
    public void What_is_kept_is_no_feature_and_units_end_there()
    {
        const string Text = "Question: is it good? The film is good. Answer:";
        TextParts parts = TextParts.Split(Text, TextUnit.Word, ["Question: is it good?", "Answer:"]);
        Assert.Equal(["The", "film", "is", "good"], parts.Features.Select(feature => feature.In(Text)));
        parts = TextParts.Split(Text, TextUnit.Sentence, ["is"]);
        Assert.Equal(["Question:", "it good?", "The film", "good.", "Answer:"], parts.Features.Select(feature => feature.In(Text)));
        Assert.Contains("the text does not have it", Refused(() => TextParts.Split(Text, TextUnit.Word, ["Good"])), StringComparison.Ordinal);
        Assert.Contains("the text does not have it", Refused(() => TextParts.Split(Text, TextUnit.Word, [""])), StringComparison.Ordinal);
        Assert.Contains("Everything is kept", Refused(() => TextParts.Split(Text, TextUnit.Word, [Text])), StringComparison.Ordinal);
        Assert.Contains("no words", Refused(() => TextParts.Split(" ", TextUnit.Word)), StringComparison.Ordinal);
    }

    [Fact]
    public void Offsets_are_counted_as_Python_counts_them()
    {
        string path = Path.Combine(Path.GetTempPath(), $"spex-{Guid.NewGuid():N}.txt");
        const string Text = "a😀b cd";
        string? Message(string content)
        {
            File.WriteAllText(path, content);
            return Assert.Throws<SpexInputException>(() => OffsetsFile.Read(path, Text)).Message;
        }

        try
        {
            File.WriteAllText(path, "1 3\n\n4 6\n");
            Assert.Equal(["😀b", "cd"], OffsetsFile.Read(path, Text).Select(feature => feature.In(Text)));
            Assert.Contains("line 1", Message("3 1"), StringComparison.Ordinal);
            Assert.Contains("line 2", Message("0 3\n2 4"), StringComparison.Ordinal);
            Assert.Contains("the text of 6 characters", Message("0 7"), StringComparison.Ordinal);
            Assert.Contains("is no feature", Message("0-7"), StringComparison.Ordinal);
            Assert.Contains("holds no features", Message("\n"), StringComparison.Ordinal);
            File.Delete(path);
            Assert.Contains("There is no file", Assert.Throws<SpexInputException>(() => OffsetsFile.Read(path, Text)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_retrieval_prompt_keeps_all_but_its_documents()
    {
        RetrievalPrompt prompt = RetrievalPrompt.Make("Who won?", [("a", "Ann ran. Ann won."), ("b", " Bob lost. ")]);
        Assert.Equal(["Ann ran.", "Ann won.", "Bob lost."], prompt.Parts.Features.Select(feature => feature.In(prompt.Parts.Text)));
        Assert.Equal([0, 0, 1], prompt.DocumentOfFeature);
        Assert.EndsWith("Question: Who won?\nAnswer:", prompt.Parts.Text, StringComparison.Ordinal);
        Assert.Equal(2, RetrievalPrompt.Make("Who won?", [("a", "Ann ran. Ann won."), ("b", "Bob lost.")], null).Parts.Features.Count);
        Assert.Contains("document b is empty", Refused(() => RetrievalPrompt.Make("Who?", [("a", "x"), ("b", " ")])), StringComparison.Ordinal);
        Assert.Contains("question is empty", Refused(() => RetrievalPrompt.Make(" ", [("a", "x")])), StringComparison.Ordinal);
        Assert.Contains("no documents", Refused(() => RetrievalPrompt.Make("Who?", [])), StringComparison.Ordinal);
    }

    private static string Refused(Action action) => Assert.Throws<SpexInputException>(action).Message;
}
