using System.Text;
using CsCheck;
using Spex.Core.Formats;

namespace Spex.Core.Tests.Formats;

public class CsvFileTests
{
    private static readonly string[] Breaks = ["\n", "\r\n", "\r"];

    [Theory]
    [InlineData("", new int[0], new string[0])]
    [InlineData("a", new[] { 1 }, new[] { "a" })]
    [InlineData("a,b\nc,", new[] { 1, 2 }, new[] { "a|b", "c|" })]
    [InlineData("a,b\r\nc,d\r\n", new[] { 1, 2 }, new[] { "a|b", "c|d" })]
    [InlineData("a\rb\r", new[] { 1, 2 }, new[] { "a", "b" })]
    [InlineData("\n\na\n\n\nb\n", new[] { 3, 6 }, new[] { "a", "b" })]
    [InlineData("\uFEFFa,b", new[] { 1 }, new[] { "a|b" })]
    [InlineData("\"a,b\",\"c\"\"d\"\n", new[] { 1 }, new[] { "a,b|c\"d" })]
    [InlineData("\"one\ntwo\r\nthree\",x\ny", new[] { 1, 4 }, new[] { "one\ntwo\r\nthree|x", "y" })]
    [InlineData("5\" pipe, b ", new[] { 1 }, new[] { "5\" pipe| b " })]
    [InlineData("\"\"\"\"", new[] { 1 }, new[] { "\"" })]
    [InlineData(",\n", new[] { 1 }, new[] { "|" })]
    [InlineData("a,\"\"", new[] { 1 }, new[] { "a|" })]
    public void Records_are_read_with_their_lines(string text, int[] lines, string[] records)
    {
        IReadOnlyList<CsvRecord> read = CsvFile.Parse(text, "x.csv");
        Assert.Equal(lines, read.Select(record => record.Line));
        Assert.Equal(records, read.Select(record => string.Join('|', record.Fields)));
    }

    [Fact]
    public void What_is_quoted_by_the_rules_comes_back()
    {
        Gen<string> field = Gen.Char["ab ,\"\n\r;é"].Array[0, 6].Select(letters => new string(letters));
        Gen.Select(field.Array[1, 4].Array[1, 5], Gen.Int[0, 2].Select(i => Breaks[i])).Sample((rows, end) =>
        {
            string text = string.Concat(rows.Select(row => string.Join(',', row.Select(one => $"\"{one.Replace("\"", "\"\"")}\"")) + end));
            string[][] kept = [.. rows.Where(row => row is not [""])];
            Assert.Equal(kept, CsvFile.Parse(text, "x.csv").Select(record => record.Fields));
        }, iter: 2000);
    }

    [Theory]
    [InlineData("a\n\"b\nc", "x.csv, line 2: a quoted field is never closed")]
    [InlineData("a\n\"b\nc\"d", "x.csv, line 3: behind a field's closing quote stands \"d\"")]
    public void Broken_quotes_are_told_with_their_line(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<SpexInputException>(() => CsvFile.Parse(text, "x.csv")).Message);

    [Fact]
    public void A_file_that_is_missing_or_no_text_is_told()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("There is no file", Assert.Throws<SpexInputException>(() => CsvFile.Read(folder["none.csv"])).Message);
        string latin = folder.Write("latin.csv", Encoding.Latin1.GetBytes("é,b"));
        Assert.Contains("no text in UTF-8", Assert.Throws<SpexInputException>(() => CsvFile.Read(latin)).Message);
        Assert.Equal(["é", "b"], CsvFile.Read(folder.Write("utf8.csv", "é,b")).Single().Fields);
    }
}
