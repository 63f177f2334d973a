using Spex.Reports.Drawings;

namespace Spex.Reports.Tests.Drawings;

public class PlainTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("  two \n\t lines ", "two lines")]
    [InlineData("\u001b[31mred\u0007", "\uFFFD[31mred\uFFFD")]
    [InlineData("a\u202eb\u2066c", "abc")]
    public void One_line_holds_nothing_that_steers(string text, string expected) => Assert.Equal(expected, PlainText.OneLine(text));

    [Fact]
    public void Half_a_character_is_replaced() => Assert.Equal("half \uFFFD", PlainText.OneLine("half " + (char)0xD800));

    [Fact]
    public void A_cut_keeps_letters_whole() => Assert.Equal("👩‍🚀…👩‍🚀", PlainText.CutMiddle(string.Concat(Enumerable.Repeat("👩‍🚀", 9)), 3));

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("שלום", "םולש")]
    [InlineData("a × שלום × b", "a × םולש × b")]
    [InlineData("של 12 ום x", "םו 12 לש x")]
    public void Letters_stand_in_reading_order(string line, string expected) => Assert.Equal(expected, string.Concat(TextDirection.Lay(line)));
}
