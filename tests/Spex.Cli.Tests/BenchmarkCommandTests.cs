using System.Xml.Linq;
using Spex.Engine.Benchmarking;
using Spex.Reports;
using Spex.Tests;

namespace Spex.Cli.Tests;

public sealed class BenchmarkCommandTests : IDisposable
{
    private const string Pairs = """{"n":40,"basis":"moebius","terms":[[[3],-0.5],[[5,9],2],[[1,2,39],0.75]]}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Methods_stand_side_by_side_with_the_reason_for_those_that_cannot_run()
    {
        string cells = PathOf("cells.jsonl"), figure = PathOf("r2.svg");
        string[] arguments =
        [
            "benchmark", "faithfulness", Write("game.json", Pairs),
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
    [InlineData("--threads takes a whole number from 1 to 4096; got 0", "benchmark", "faithfulness", "x", "--threads", "0")]
    [InlineData("--device is one of auto, cpu, cuda, cuda:i, opencl, opencl:i, or several of one kind such as cuda:0,cuda:1; got gpu", "benchmark", "faithfulness", "x", "--device", "gpu")]
    [InlineData("no-such-file", "benchmark", "faithfulness", "no-such-file")]
    public void Wrong_arguments_are_answered_with_one_line_and_2(string expected, params string[] arguments)
    {
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("cuda:1000")]
    [InlineData("cuda:1000,cuda:1001")]
    [InlineData("opencl:1000")]
    public void A_device_that_is_not_there_is_a_wrong_argument_and_one_line_says_why(string device)
    {
        string game = Write("game.json", Pairs), cells = PathOf("cells.jsonl");
        SpexRun run = SpexRun.Of("benchmark", "faithfulness", game, "--device", device, "--output", cells);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith("spex: ", run.Error);
        Assert.Contains("`spex devices`", run.Error);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
        Assert.False(File.Exists(cells));
    }

    /// <summary>Neither the number of threads nor where a cell was decoded is lost: one does not change what is found, the other is another run.</summary>
    [Fact]
    public void Threads_change_nothing_but_time_and_another_device_is_another_run()
    {
        string game = Write("game.json", Pairs), texts = Write("texts.txt", "Her acting never fails to impress us at all today\n"), one = PathOf("one.jsonl"), two = PathOf("two.jsonl");
        string[] Arguments(string output, string threads) =>
            ["benchmark", "faithfulness", game, "--text", texts, "--methods", "lime", "--budgets", "200", "--masks", "100", "--removals", "1", "--output", output, "--threads", threads];
        Assert.Equal(0, SpexRun.Of(Arguments(one, "1")).Code);
        Assert.Equal(0, SpexRun.Of(Arguments(two, "2")).Code);
        BenchmarkCell[] single = [.. BenchmarkFile.Read(one)], twice = [.. BenchmarkFile.Read(two)];
        Assert.Equal(2, single.Length);
        Assert.All(single, cell => Assert.Equal("cpu", cell.Device));
        Assert.Equal(single.Select(cell => (cell.R2, cell.Lower, cell.Removal[0])), twice.Select(cell => (cell.R2, cell.Lower, cell.Removal[0])));

        // A file of another device's cells: they stay, and those of this one are added.
        File.WriteAllText(one, File.ReadAllText(one).Replace("\"device\":\"cpu\"", "\"device\":\"cuda:0\"", StringComparison.Ordinal));
        Assert.Equal(0, SpexRun.Of(Arguments(one, "1")).Code);
        Assert.Equal(["cuda:0", "cuda:0", "cpu", "cpu"], BenchmarkFile.Read(one).Select(cell => cell.Device));
    }

    /// <summary>Several devices take turns with batches of 4,096 masks of each of several functions, and find what one does.</summary>
    [Fact]
    public async Task Several_devices_find_what_one_does()
    {
        string[] games = [Write("game.json", Pairs), Write("other.json", """{"n":30,"basis":"fourier","terms":[[[3],-0.5],[[5,9],2]]}""")];
        Dictionary<string, BenchmarkCell[]> cells = [];
        foreach (string devices in new[] { "cuda:0", "cuda:0,cuda:1" })
        {
            string output = PathOf($"{cells.Count}.jsonl");
            (int exitCode, string said) = await EmulatedCuda.Run(
                "spex",
                ["benchmark", "faithfulness", .. games, "--methods", "lime", "--budgets", "9000", "--masks", "100", "--removals", "1", "--output", output, "--device", devices],
                ("SPEX_EMULATED_DEVICES", "2"));
            Assert.True(exitCode == 0, said);
            Assert.DoesNotContain("emulated CUDA:", said);
            cells[devices] = [.. BenchmarkFile.Read(output)];
        }

        Assert.Equal(2, cells["cuda:0"].Length);
        Assert.All(cells.Values, found => Assert.All(found, cell => Assert.Equal(("cuda:0", 9000), (cell.Device, cell.Ablations))));
        Assert.Equal(cells["cuda:0"].Select(cell => (cell.Subject, cell.R2, cell.Lower, cell.Upper)), cells["cuda:0,cuda:1"].Select(cell => (cell.Subject, cell.R2, cell.Lower, cell.Upper)));
    }

    private static string Unwrapped(string output) => string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }
}
