using CsCheck;
using Spex.Torch.Text;

namespace Spex.Torch.Tests.Text;

public sealed class PennTokenizerTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  \t\n ", "")]
    [InlineData("Her acting never fails to impress", "her acting never fails to impress")]
    [InlineData("I don't like it.", "i do n't like it .")]
    [InlineData("DON’T!", "do n't !")]
    [InlineData("I can't, won't.", "i ca n't , wo n't .")]
    [InlineData("the film's best; they're, we've I'll he'd I'm", "the film 's best ; they 're , we 've i 'll he 'd i 'm")]
    [InlineData("a well-made, low-key film", "a well made , low key film")]
    [InlineData("wait - what -- no—yes", "wait -- what -- no -- yes")]
    [InlineData("rated 7.5 of 10,000 in 1930s", "rated 7.5 of 10,000 in 1930s")]
    [InlineData("o'brien's u.s. tour", "o'brien 's u.s . tour")]
    [InlineData("``quoted'' \"x\" “y”", "\" quoted \" \" x \" \" y \"")]
    [InlineData("-lrb- aside -rrb- (b)", "( aside ) ( b )")]
    [InlineData("so... good!!! really?!", "so ... good ! really ? !")]
    [InlineData("wo n't 's n't", "wo n't 's n't")]
    [InlineData("cliché 😀😀 $10", "cliché 😀 😀 $ 10")]
    [InlineData("'til the dogs' day", "' til the dogs ' day")]
    public void Splits_as_Penn_does_in_lower_case(string text, string expected)
    {
        Assert.Equal(expected, string.Join(' ', PennTokenizer.Tokenize(text).Select(token => token.Form)));
    }

    [Fact]
    public void Spans_are_ordered_cover_all_letters_and_lie_in_the_text()
    {
        Gen<string> texts = Gen.Char["aBn't’`.,-— (\"!?7\n😀é"].Array[0, 40].Select(chars => new string(chars));
        texts.Sample(text =>
        {
            int reached = 0;
            foreach (TextToken token in PennTokenizer.Tokenize(text))
            {
                Assert.True(token.Span.Start >= reached && token.Span.Length > 0 && token.Span.End <= text.Length);
                Assert.False(text[reached..token.Span.Start].Any(char.IsLetterOrDigit), "a letter was passed over");
                Assert.NotEmpty(token.Form);
                reached = token.Span.End;
            }

            Assert.False(text[reached..].Any(char.IsLetterOrDigit), "a letter was passed over");
        });
    }

    [Fact]
    public void Spans_point_at_the_original_spelling()
    {
        const string Text = "  Don’t  go-NOW!";
        Assert.Equal(["Do", "n’t", "go", "NOW", "!"], PennTokenizer.Tokenize(Text).Select(token => token.Span.In(Text)));
    }
}
