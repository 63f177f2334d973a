using System.Text.Json;
using Spex.Core.Tests.Formats;
using Spex.Torch.Tests;
using Spex.Torch.Tests.Text;

namespace Spex.Cli.Tests;

/// <summary>`explain heads` and `prune heads`, on a tiny model in the real file formats and on stories260K where it is at hand.</summary>
public sealed class HeadsTests
{
    private const string Questions = "Is it?,it,hat,cat,A\nA cat,is,sat,in,B\n\"A hat, a\",cat,is,it,A\nIt is,a,in,it,B\nIs a,cat,sat,it,A\nA,is,cat,hat,C\n";

    [Fact]
    public void Heads_are_explained_with_the_energy_of_their_layers()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        string task = folder.Write("words_test.csv", Questions);
        SpexRun run = SpexRun.Of("explain", "heads", "--model", folder.FullName, "--task", task, "--layers", "0-1", "--value", "margin", "--format", "texts", "--result", folder["result.json"]);
        Assert.True(run.Code == 0, run.Error);
        Assert.Contains("8 heads; the value is the mean log-probability margin on 3 questions", run.Output);
        Assert.Contains("exact on all 256 masks", run.Output);
        Assert.Contains("L1H", run.Output);
        Assert.Matches(@"energy +linear +within layer +across layers +all", run.Output);
        Assert.Matches(@"layer 1 +[0-9.]+ % +[0-9.]+ % +[0-9.]+ % +[0-9.]+ %", run.Output);
        Assert.Matches(@"all +[0-9.]+ % +[0-9.]+ % +[0-9.]+ % +100\.0 %", run.Output);
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(folder["result.json"]));
        Assert.Equal(8, result.RootElement.GetProperty("subject").GetProperty("heads").GetArrayLength());
    }

    [Fact]
    public void The_best_heads_are_found_from_a_saved_result_or_afresh()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        string task = folder.Write("words.csv", Questions);
        string[] options = ["--model", folder.FullName, "--task", task, "--layers", "0-1", "--value", "margin", "--format", "texts", "--samples", folder["values"], "--device", "cpu"];
        Assert.Equal(0, SpexRun.Of(["explain", "heads", .. options, "--result", folder["result.json"], "--spectrum", folder["spectrum.json"]]).Code);
        SpexRun run = SpexRun.Of(["prune", "heads", "--keep", "75%", .. options, "--from", folder["result.json"], "--output", folder["sets.json"]]);
        Assert.True(run.Code == 0, run.Error);
        Assert.Contains("6 of 8 heads are kept; the value is the mean log-probability margin on 3 questions; 3 questions are held out", run.Output);
        Assert.Matches(@"spectrum +6 +-?[0-9.]+ +-?[0-9.]+ +[0-9.]+ % +-?[0-9.]+", run.Output);
        Assert.Matches(@"best of 28 random +6", run.Output);
        Assert.Contains("proven", run.Output);
        Assert.Contains("leaves out layer ", run.Output);
        using JsonDocument sets = JsonDocument.Parse(File.ReadAllText(folder["sets.json"]));
        JsonElement[] found = [.. sets.RootElement.GetProperty("sets").EnumerateArray()];
        Assert.Equal(["all", "spectrum", "lasso", "best of 28 random"], found.Select(set => set.GetProperty("name").GetString()));
        Assert.Equal(6, found[1].GetProperty("kept").GetArrayLength());

        // All 28 sets of 6 were drawn, and the spectrum is exact: the two agree. So do a spectrum alone, and a run of its own.
        Assert.Equal(found[3].GetProperty("value").GetDouble(), found[1].GetProperty("value").GetDouble(), 1e-5);
        Assert.Equal(run.Output, SpexRun.Of(["prune", "heads", "--keep", "6", .. options, "--from", folder["spectrum.json"]]).Output);
        Assert.Equal(run.Output, SpexRun.Of(["prune", "heads", "--keep", "6", .. options]).Output);
    }

    [Theory]
    [InlineData("has 2 layers, 0 to 1; layers 5 were asked for", "--layers", "5")]
    [InlineData("has 6 questions; 7 cannot be used", "--questions", "7")]
    [InlineData("line 1: the record has 3 fields", "--task", "WRONG")]
    [InlineData("has no questions", "--task", "EMPTY")]
    [InlineData("There is no file", "--task", "/nowhere/task.csv")]
    [InlineData("There is no folder", "--model", "/nowhere/model")]
    [InlineData("has no tokenizer that can be read", "--model", "BARE")]
    [InlineData("too many. Give fewer examples", "--dev", "LONG")]
    [InlineData("--keep 1% keeps 0 of 8 heads", "--keep", "1%")]
    [InlineData("--keep 100% keeps 8 of 8 heads", "--keep", "100%")]
    [InlineData("--keep 8 keeps 8 of 8 heads", "--keep", "8")]
    [InlineData("--keep takes a number of heads, or a share", "--keep", "most")]
    [InlineData("explains something else", "--from", "OTHER")]
    [InlineData("has 3 features, and the layers have 8 heads", "--from", "SPECTRUM")]
    [InlineData("`spex devices`", "--device", "opencl:900,opencl:901")]
    [InlineData("--format is one of letters, texts", "--format", "cloze")]
    public void What_is_wrong_is_told_with_one_line_and_2(string expected, string option, string value)
    {
        using TemporaryFolder folder = TextModels.Decoder();
        Dictionary<string, string> options = new() { ["--model"] = folder.FullName, ["--task"] = folder.Write("words.csv", Questions), ["--layers"] = "0-1", ["--keep"] = "6", ["--format"] = "texts", ["--device"] = "cpu" };
        options[option] = value switch
        {
            "WRONG" => folder.Write("wrong.csv", "a,b,A\n"),
            "EMPTY" => folder.Write("empty.csv", ""),
            "LONG" => folder.Write("long.csv", $"{string.Concat(Enumerable.Repeat("a ", 60))},a,a,A\n"),
            "BARE" => Path.Combine(AppContext.BaseDirectory, "Fixtures", "llama"),
            "SPECTRUM" => folder.Write("spectrum.json", """{"n":3,"basis":"fourier","terms":[[[0],1]]}"""),
            "OTHER" => Other(folder),
            _ => value,
        };
        SpexRun run = SpexRun.Of(["prune", "heads", .. options.SelectMany(pair => (string[])[pair.Key, pair.Value])]);
        Assert.True(run.Code == 2, run.Error);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void Stories260K_s_heads_continue_stories()
    {
        if (SharedFolder.Find("weights", "stories260K.bin") is not { } weights)
        {
            Assert.Skip("The weights of stories260K are not here.");
            return;
        }

        using TemporaryFolder folder = new();
        string model = folder["stories"];
        Assert.Equal(0, SpexRun.Of("convert", "llama2c", Path.Combine(weights, "stories260K.bin"), Path.Combine(weights, "tok512.bin"), model).Code);
        string task = folder.Write("stories.csv", Stories);
        string[] options = ["--model", model, "--task", task, "--layers", "1-4", "--value", "margin", "--format", "texts", "--budget", "400", "--samples", folder["values"], "--device", "cpu"];
        SpexRun run = SpexRun.Of(["explain", "heads", .. options, "--method", "proxyspex", "--result", folder["result.json"]]);
        Assert.True(run.Code == 0, run.Error);
        Assert.Contains("32 heads", run.Output);

        // It tells the stories it was made for: with all heads the right words are far more probable than the wrong ones, without any they are not.
        using JsonDocument result = JsonDocument.Parse(File.ReadAllText(folder["result.json"]));
        double whole = result.RootElement.GetProperty("output").GetProperty("value").GetDouble(), none = result.RootElement.GetProperty("baseline").GetProperty("value").GetDouble();
        Assert.True(whole > 1 && whole > none + 1, $"{whole} with all heads, {none} with none");
        Assert.True(result.RootElement.GetProperty("faithfulness").GetProperty("r2").GetDouble() > 0.3, run.Output);

        SpexRun prune = SpexRun.Of(["prune", "heads", "--keep", "83%", .. options, "--from", folder["result.json"], "--random", "50", "--output", folder["sets.json"]]);
        Assert.True(prune.Code == 0, prune.Error);
        using JsonDocument sets = JsonDocument.Parse(File.ReadAllText(folder["sets.json"]));
        JsonElement[] found = [.. sets.RootElement.GetProperty("sets").EnumerateArray()];
        Assert.Equal(27, found[1].GetProperty("kept").GetArrayLength());

        // Five heads of 32 can go without harm, and the spectrum knows which.
        Assert.True(found[1].GetProperty("value").GetDouble() > 0.9 * whole, prune.Output);
        Assert.True(found[1].GetProperty("held_out_accuracy").GetDouble() >= 0.75, prune.Output);
    }

    private static string Other(TemporaryFolder folder)
    {
        string game = folder.Write("game.json", """{"n":2,"values":[0,1,2,4]}""");
        Assert.Equal(0, SpexRun.Of("explain", "game", game, "--result", folder["other.json"]).Code);
        return folder["other.json"];
    }

    // How stories for small children go on, each with the word that they use and three that they do not.
    private const string Stories =
        """
        "Once upon a time, there was a little girl named",Lily,water,because,quickly,A
        "Once upon a time, there was a little boy named",Tim,happy,under,slowly,A
        "One day, Lily went to the",park,sad,named,very,A
        "Tim was very sad. He started to",cry,tree,happy,blue,A
        "Lily was very happy. She said, ""Thank",you,dog,tree,ran,A
        "The dog wanted to play with the",ball,said,because,sad,A
        "Lily and her mom went to the",park,were,big,loudly,A
        "She was so happy that she started to",smile,tree,red,named,A
        "The bird could fly in the",sky,want,sadly,named,A
        "They played together and had lots of",fun,sad,saw,tree,A
        "Tim saw a big red",ball,were,because,went,A
        "Her mom said, ""Be",careful,tree,ran,water,A
        "From that day on, they were best",friends,water,ran,red,A
        "He was hungry and wanted to",eat,blue,named,girl,A
        "The cat was scared and ran",away,happy,ball,mom,A
        "It was a sunny day and the sun was",shining,named,mom,girl,A

        """;
}
