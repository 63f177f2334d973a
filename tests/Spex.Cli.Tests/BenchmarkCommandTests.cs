using System.Xml.Linq;

namespace Spex.Cli.Tests;

public sealed class BenchmarkCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Methods_stand_side_by_side_with_the_reason_for_those_that_cannot_run()
    {
        string cells = PathOf("cells.jsonl"), figure = PathOf("r2.svg");
        string[] arguments =
        [
            "benchmark", "faithfulness", Write("game.json", """{"n":40,"basis":"moebius","terms":[[[3],-0.5],[[5,9],2],[[1,2,39],0.75]]}"""),
            "--methods", "auto,lime,faith-banzhaf:2,faith-banzhaf:4", "--budgets", "150,300", "--masks", "200", "--removals", "2", "--output", cells, "--svg", figure,
        ];
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal(0, run.Code);
        Assert.Contains("game: 8 of 8 cells", run.Error);
        Assert.Contains("skipped (1)", run.Output);
        Assert.Contains("(1) The method faith-banzhaf fits all sets of up to 4 of 40 features", Unwrapped(run.Output));
        Assert.Contains("faith-banzhaf:2", run.Output);
        Assert.Contains("Mean R² over functions and seeds", run.Output);
        Assert.Equal(8, File.ReadAllLines(cells).Length);
        string drawn = XDocument.Load(figure).ToString();
        Assert.Contains("faith-banzhaf:2", drawn);
        Assert.DoesNotContain("faith-banzhaf:4", drawn);

        // What is known is not run again.
        SpexRun again = SpexRun.Of(arguments);
        Assert.Equal(run.Output, again.Output);
        Assert.Equal(8, File.ReadAllLines(cells).Length);
    }

    [Fact]
    public void Texts_are_compared_with_the_built_in_model()
    {
        string texts = Write("texts.txt", "Her acting never fails to impress us at all today\n\nA dull film that goes nowhere and takes very long\n");
        SpexRun run = SpexRun.Of("benchmark", "faithfulness", "--text", texts, "--methods", "auto,lime", "--budgets", "200", "--masks", "100", "--removals", "1");
        Assert.Equal(0, run.Code);
        Assert.Contains("4 of 4 cells", run.Error);
    }

    [Theory]
    [InlineData("nothing to compare on", "benchmark", "faithfulness")]
    [InlineData("The order of stii is 1 to 4; got 9", "benchmark", "faithfulness", "x", "--methods", "stii:9")]
    [InlineData("There is no method \"magic\"", "benchmark", "faithfulness", "x", "--methods", "lime,magic")]
    [InlineData("whole numbers above 0", "benchmark", "faithfulness", "x", "--budgets", "0")]
    [InlineData("no-such-file", "benchmark", "faithfulness", "no-such-file")]
    public void Wrong_arguments_are_answered_with_one_line_and_2(string expected, params string[] arguments)
    {
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    private static string Unwrapped(string output) => string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }
}
