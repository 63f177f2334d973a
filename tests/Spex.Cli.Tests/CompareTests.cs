using System.Xml.Linq;

namespace Spex.Cli.Tests;

public sealed class CompareTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Methods_are_shown_side_by_side_and_drawn()
    {
        string exact = Explain("exact.json"), lasso = Explain("lasso.json", "--method", "lasso");
        SpexRun run = SpexRun.Of("compare", exact, lasso, "--top", "3", "--output", PathOf("c.svg"));
        Assert.Equal(("", 0), (run.Error, run.Code));
        Assert.Contains("A and B: ", run.Output);
        Assert.Contains("All have the same 3 features.", run.Output);
        Assert.Contains("alpha × a rather long name", run.Output);
        Assert.Contains("Energy", run.Output);
        Assert.Equal(2, run.Output.Split('\n').Count(line => line.TrimStart().StartsWith("R² ", StringComparison.Ordinal)));
        Assert.Equal("svg", XDocument.Load(PathOf("c.svg")).Root!.Name.LocalName);
    }

    [Fact]
    public void Wrong_files_are_answered_with_one_line_and_2()
    {
        string result = Explain("r.json"), game = PathOf("game.json");
        Refused("from 2 to 6", "compare", result);
        Refused("from 2 to 6", "compare", result, result, result, result, result, result, result);
        Refused("is no result of spex", "compare", result, game);
        Refused("no-such.json", "compare", result, PathOf("no-such.json"));
        Refused("neither .svg nor .png", "compare", result, result, "--output", PathOf("c.jpg"));
    }

    private static void Refused(string expected, params string[] arguments)
    {
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains(expected, run.Error);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    private string Explain(string name, params string[] options)
    {
        File.WriteAllText(PathOf("game.json"), """{"n":3,"values":[0,5,0.001,5.001,0,3,0.001,3.001],"features":["alpha","beta","a rather long name"]}""");
        Assert.Equal(0, SpexRun.Of(["explain", "game", PathOf("game.json"), "--result", PathOf(name), "--quiet", .. options]).Code);
        return PathOf(name);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
