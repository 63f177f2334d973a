namespace Spex.Cli.Tests;

public sealed class ReportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_saved_result_gives_the_same_page_and_the_same_table_again()
    {
        string game = PathOf("game.json"), result = PathOf("r.json");
        File.WriteAllText(game, """{"n":40,"basis":"fourier","terms":[[[],1],[[3],-0.5],[[5,9],2],[[1,2,39],0.75]]}""");
        SpexRun explained = SpexRun.Of("explain", "game", game, "--method", "spex", "--result", result, "--html", PathOf("a.html"));
        Assert.Equal((0, ""), (explained.Code, explained.Error));
        SpexRun reported = SpexRun.Of("report", result, "--html", PathOf("b.html"));
        Assert.Equal((0, ""), (reported.Code, reported.Error));
        Assert.Equal(explained.Output, reported.Output);
        string page = File.ReadAllText(PathOf("a.html"));
        Assert.StartsWith("<!doctype html>", page);
        Assert.Contains("game.json</title>", page);
        Assert.Equal(page, File.ReadAllText(PathOf("b.html")));
    }

    [Fact]
    public void A_sentence_gets_a_page()
    {
        Assert.Equal(0, SpexRun.Of("explain", "text", "Her acting never fails to impress", "--html", PathOf("a.html")).Code);
        Assert.Contains("\"text\":\"Her acting never fails to impress\"", File.ReadAllText(PathOf("a.html")));
    }

    [Fact]
    public void Quiet_writes_the_page_only()
    {
        string result = Result();
        SpexRun run = SpexRun.Of("report", result, "--html", PathOf("a.html"), "--quiet");
        Assert.Equal((0, "", ""), (run.Code, run.Output, run.Error));
        Assert.True(File.Exists(PathOf("a.html")));
    }

    [Fact]
    public void What_is_wrong_with_the_files_is_told_with_2()
    {
        SpexRun missing = SpexRun.Of("report", PathOf("none.json"));
        Assert.Equal(2, missing.Code);
        Assert.Contains("none.json", missing.Error);
        string result = Result();
        SpexRun nowhere = SpexRun.Of("report", result, "--html", PathOf("none/a.html"));
        Assert.Equal(2, nowhere.Code);
        Assert.Contains("its folder does not exist", nowhere.Error);
        Assert.Equal("", nowhere.Output);
        File.WriteAllText(PathOf("game.json"), """{"n":1,"values":[1,3]}""");
        SpexRun game = SpexRun.Of("report", PathOf("game.json"));
        Assert.Equal(2, game.Code);
        Assert.Contains("is no result of spex", game.Error);
    }

    [Fact]
    public void A_page_that_cannot_be_written_is_told_before_anything_is_paid_for()
    {
        SpexRun run = SpexRun.Of("explain", "command", "--features", "3", "--html", PathOf("none/a.html"), "--", "/bin/sh", "-c", "echo asked >&2; cat");
        Assert.Equal(2, run.Code);
        Assert.Contains("its folder does not exist", run.Error);
        Assert.DoesNotContain("The value function gave", run.Error);
    }

    private string Result()
    {
        File.WriteAllText(PathOf("one.json"), """{"n":1,"values":[1,3]}""");
        Assert.Equal(0, SpexRun.Of("explain", "game", PathOf("one.json"), "--result", PathOf("r.json")).Code);
        return PathOf("r.json");
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
