using System.Xml.Linq;

namespace Spex.Cli.Tests;

public sealed class PlotTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_saved_result_is_drawn_as_svg_and_png()
    {
        string result = MakeResult();
        foreach (string kind in (string[])["bar", "network", "upset", "waterfall", "heatmap", "energy"])
        {
            SpexRun run = SpexRun.Of("plot", result, "--kind", kind, "--output", PathOf($"{kind}.svg"), "--width", "500", "--top", "2", "--theme", "dark");
            Assert.Equal(("", "", 0), (run.Output, run.Error, run.Code));
            Assert.Equal("500", XDocument.Load(PathOf($"{kind}.svg")).Root!.Attribute("width")!.Value);
        }

        Assert.Equal(0, SpexRun.Of("plot", result, "--output", PathOf("a.PNG"), "--scale", "1").Code);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(PathOf("a.PNG"))[..4]);
    }

    [Fact]
    public void Wrong_arguments_are_answered_with_one_line_and_2()
    {
        string result = MakeResult(), game = PathOf("game.json");
        Refused("neither .svg nor .png", "plot", result, "--output", PathOf("a.pdf"));
        Refused("--output", "plot", result);
        Refused("--kind is one of text, bar", "plot", result, "--kind", "pie", "--output", PathOf("a.svg"));
        Refused("--width takes a whole number from 320 to 4000", "plot", result, "--width", "10", "--output", PathOf("a.svg"));
        Refused("holds no text", "plot", result, "--kind", "text", "--output", PathOf("a.svg"));
        Refused("is no result of spex", "plot", game, "--output", PathOf("a.svg"));
        Refused("no-such.json", "plot", PathOf("no-such.json"), "--output", PathOf("a.svg"));
        Refused("folder does not exist", "plot", result, "--output", PathOf("none/a.svg"));
        Assert.False(File.Exists(PathOf("a.svg")));
    }

    private static void Refused(string expected, params string[] arguments)
    {
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    private string MakeResult()
    {
        File.WriteAllText(PathOf("game.json"), """{"n":3,"values":[0,5,0.001,5.001,0,3,0.001,3.001],"features":["alpha","beta","a rather long name"]}""");
        Assert.Equal(0, SpexRun.Of("explain", "game", PathOf("game.json"), "--result", PathOf("result.json"), "--quiet").Code);
        return PathOf("result.json");
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
