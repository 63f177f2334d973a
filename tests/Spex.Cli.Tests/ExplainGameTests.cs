using System.Text.Json;
using System.Text.RegularExpressions;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Tests;

namespace Spex.Cli.Tests;

public sealed partial class ExplainGameTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Writes_results_that_are_read_back()
    {
        string game = Write("game.json", """{"n":40,"basis":"fourier","terms":[[[],1],[[3],-0.5],[[5,9],2],[[1,2,39],0.75]]}""");
        string result = PathOf("r.json"), json = PathOf("iv.json"), spectrum = PathOf("s.json"), samples = PathOf("v.samples");
        SpexRun run = SpexRun.Of("explain", "game", game, "--method", "spex", "--result", result, "--json", json, "--spectrum", spectrum, "--samples", samples);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);

        Spectrum found = SpectrumFile.Read(spectrum);
        Assert.Equal([FeatureSet.Empty, new(3), new(5, 9), new(1, 2, 39)], found.Terms.Select(term => term.Set));
        Assert.Equal(2, found[new(5, 9)], 1e-5);
        InteractionValues values = InteractionValuesFile.Read(json);
        Assert.Equal(InteractionIndex.Fbii, values.Index);
        Assert.Equal(8, values[new(5, 9)], 1e-4);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(result));
        Assert.Equal("spex-result", document.RootElement.GetProperty("format").GetString());
        Assert.Equal("spex", document.RootElement.GetProperty("run").GetProperty("method").GetString());
        Assert.True(document.RootElement.GetProperty("faithfulness").GetProperty("r2").GetDouble() > 0.999999);

        // A spectrum is a game again.
        Assert.Equal(0, SpexRun.Of("explain", "game", spectrum, "--method", "spex").Code);
    }

    [Fact]
    public void A_samples_file_spares_every_ablation_of_the_second_run()
    {
        string game = Write("game.json", """{"n":30,"basis":"moebius","terms":[[[3],-0.5],[[5,9],2]]}""");
        string samples = PathOf("v.samples");
        SpexRun first = SpexRun.Of("explain", "game", game, "--samples", samples), second = SpexRun.Of("explain", "game", game, "--samples", samples);
        Assert.DoesNotContain("known before", first.Output);
        string ablations = first.Output.Split('\n').First(line => line.StartsWith("method", StringComparison.Ordinal)).Split(", ")[1].Split(' ')[0];
        Assert.Contains($"({ablations} known before)", second.Output);
        Assert.Equal(Table(first.Output), Table(second.Output));

        string other = Write("other.json", """{"n":30,"basis":"moebius","terms":[[[3],-0.6],[[5,9],2]]}""");
        SpexRun refused = SpexRun.Of("explain", "game", other, "--samples", samples);
        Assert.Equal(2, refused.Code);
        Assert.Contains("v.samples", refused.Error);
    }

    [Theory]
    [InlineData("""{"n":3,"values":[1,2,3""", "cut short")]
    [InlineData("""{"n":0,"values":[1]}""", "nothing to explain")]
    [InlineData("""{"n":3,"values":[1,2,3]}""", "values")]
    [InlineData("nonsense", "JSON")]
    public void Wrong_files_are_answered_with_one_line_and_2(string content, string expected)
    {
        SpexRun run = SpexRun.Of("explain", "game", Write("bad.json", content));
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public void A_constant_function_has_no_interactions()
    {
        SpexRun run = SpexRun.Of("explain", "game", Write("c.json", """{"n":30,"basis":"fourier","terms":[[[],2.5]]}"""));
        Assert.Equal(0, run.Code);
        Assert.Contains("no feature acts on it", run.Output);
        Assert.Contains("no interactions", run.Output);
    }

    [Fact]
    public void A_game_of_one_feature_is_explained()
    {
        SpexRun run = SpexRun.Of("explain", "game", Write("one.json", """{"n":1,"values":[1,3]}"""));
        Assert.Equal(0, run.Code);
        Assert.Contains("  0  +2.000", run.Output);
    }

    [Fact]
    public void A_game_file_cut_anywhere_is_answered_with_one_line()
    {
        const string Whole = """{"n":3,"basis":"fourier","terms":[[[0,1],0.5],[[2],-1e3]],"noise_sd":0.25,"seed":7,"features":["a","b","c"]}""";
        for (int length = 0; length < Whole.Length; length++)
        {
            SpexRun run = SpexRun.Of("explain", "game", Write("cut.json", Whole[..length]));
            Assert.Equal(2, run.Code);
            Assert.Contains("cut.json", run.Error);
            Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
        }
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--result")]
    [InlineData("--spectrum")]
    [InlineData("--html")]
    public void A_full_disk_is_told_and_what_was_computed_is_kept(string option)
    {
        using FullDisk disk = FullDisk.Hold();
        string game = Write("game.json", """{"n":3,"values":[1,2,3,4,5,6,7,9]}""");
        SpexRun run = SpexRun.Of("explain", "game", game, option, FullDisk.File);
        Assert.Equal(1, run.Code);
        Assert.Contains("the disk is full", run.Error);
        Assert.DoesNotContain("   at ", run.Error);

        // The values are in a file that the message names; nothing is evaluated again.
        string rescue = RescueFile().Match(run.Error).Value;
        Assert.True(File.Exists(rescue), run.Error);
        try
        {
            Assert.Contains("(8 known before)", SpexRun.Of("explain", "game", game, "--samples", rescue).Output);
        }
        finally
        {
            File.Delete(rescue);
        }
    }

    [Fact]
    public void A_full_disk_for_the_samples_is_told_before_anything_is_paid_for()
    {
        using FullDisk disk = FullDisk.Hold();
        SpexRun run = SpexRun.Of("explain", "command", "--features", "3", "--samples", FullDisk.File, "--", "/bin/sh", "-c", "echo asked >&2; cat");
        Assert.Equal(1, run.Code);
        Assert.Contains("the disk is full", run.Error);
        Assert.DoesNotContain("The value function gave", run.Error);
    }

    [GeneratedRegex(@"spex-[0-9a-f]+\.samples")]
    private static partial Regex RescueFile();

    private static string Table(string output) => output[output.IndexOf("FBII", StringComparison.Ordinal)..];

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }
}
