using Spex.Reports;

namespace Spex.Cli.Tests;

public sealed class ExplainTableTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Explains_a_row_for_a_program()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");

        // Sum of the first two columns, which are numbers and not the label: 10 + 2 against a mean of 6 and 4.
        string result = Path.Combine(_folder.FullName, "result.json");
        SpexRun run = Explain(
            ["--row", "2", "--target-column", "label", "--categorical", "kind", "--result", result], "while IFS=, read -r a b c; do echo $((a + b)); done");
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);
        Assert.Contains("row 2 of ", run.Output);
        Assert.Contains("3 columns; the value is the number that the program answers", run.Output);
        Assert.Contains("12 (all present)", run.Output);
        Assert.Contains("10 (none present)", run.Output);
        Assert.Contains("a  +4.000", run.Output);
        Assert.Contains("b  -2.000", run.Output);
        Subject subject = ResultFile.Read(result).Subject;
        Assert.Equal(["a", "b", "kind"], subject.FeatureNames!);
        Assert.Equal([new("10", "6"), new("2", "4"), new("red", "red")], subject.Columns!);
    }

    [Fact]
    public void Several_background_rows_are_averaged()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        SpexRun run = Explain(
            ["--row", "1", "--target-column", "label", "--categorical", "kind", "--background", "medoids", "--medoids", "2"], "while IFS=, read -r a b c; do echo $((a * b)); done");
        Assert.Equal("", run.Error);

        // The medoids are the rows themselves: (2·6 + 10·2) / 2.
        Assert.Contains("12 (all present)", run.Output);
        Assert.Contains("16 (none present)", run.Output);
    }

    [Theory]
    [InlineData("has no row 3; it has 2 rows", "--row", "3", "--target-column", "label", "--categorical", "kind")]
    [InlineData("row 1, column label: \"yes\" is no number", "--row", "1", "--categorical", "kind")]
    [InlineData("has no column colour; its columns are a, b, kind, label", "--row", "1", "--categorical", "colour")]
    [InlineData("3 medoids cannot be taken from 2 rows", "--row", "1", "--target-column", "label", "--categorical", "kind", "--background", "medoids", "--medoids", "3")]
    [InlineData("--row K", "--target-column", "label")]
    public void Wrong_rows_and_columns_are_told(string expected, params string[] options)
    {
        SpexRun run = Explain(options, "exit 0");
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public void A_bad_answer_names_the_row_and_a_model_is_needed()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        SpexRun run = Explain(["--row", "1", "--target-column", "label", "--categorical", "kind"], "while read l; do echo abc; done");
        Assert.Equal(1, run.Code);
        Assert.Contains("answered \"abc\" to line 1, row 6,4,0; a number is allowed", run.Error);
        Assert.Contains("Give a model, and one only", SpexRun.Of("explain", "table", Csv(), "--row", "1").Error);
        Assert.Contains("Give a model, and one only", SpexRun.Of("explain", "table", Csv(), "--row", "1", "--model", "m.pt", "--", "sh").Error);
        Assert.Contains("There is no file", SpexRun.Of("explain", "table", Csv(), "--row", "1", "--target-column", "label", "--categorical", "kind", "--model", "m.pt").Error);
    }

    private SpexRun Explain(string[] options, string script) => SpexRun.Of(["explain", "table", Csv(), .. options, "--", "/bin/sh", "-c", script]);

    private string Csv()
    {
        string path = Path.Combine(_folder.FullName, "data.csv");
        File.WriteAllText(path, "a,b,kind,label\n2,6,red,yes\n10,2,red,no\n");
        return path;
    }
}
