using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Tests;

namespace Spex.Cli.Tests;

public sealed class ExportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_saved_result_gives_the_same_files_as_the_run_that_made_it()
    {
        string game = Game();
        string[] Forms(string name) => ["--json", PathOf($"{name}.json"), "--spectrum", PathOf($"{name}.spectrum.json"), "--csv", PathOf($"{name}.csv"), "--parquet", PathOf($"{name}.parquet")];
        Assert.Equal(0, SpexRun.Of(["explain", "game", game, "--method", "spex", "--quiet", "--result", PathOf("result.json"), .. Forms("run")]).Code);
        SpexRun export = SpexRun.Of(["export", PathOf("result.json"), .. Forms("export")]);
        Assert.Equal(("", "", 0), (export.Output, export.Error, export.Code));
        foreach (string ending in (string[])["spectrum.json", "csv", "parquet"])
        {
            Assert.Equal(File.ReadAllBytes(PathOf($"run.{ending}")), File.ReadAllBytes(PathOf($"export.{ending}")));
        }

        // These hold the time at which they were written.
        Assert.Equal(InteractionValuesFile.Read(PathOf("run.json")).Interactions, InteractionValuesFile.Read(PathOf("export.json")).Interactions);
        Assert.Equal(8, InteractionValuesFile.Read(PathOf("export.json"))[new FeatureSet(5, 9)], 1e-4);
    }

    [Fact]
    public void Masks_and_values_are_what_was_evaluated()
    {
        SpexRun run = SpexRun.Of("explain", "game", Game(), "--budget", "500", "--validate", "20", "--quiet", "--masks", PathOf("m.npy"), "--values", PathOf("v.npy"));
        Assert.Equal(("", 0), (run.Error, run.Code));
        MaskMatrix masks = NpyFile.ReadMasks(PathOf("m.npy"));
        double[] values = NpyFile.ReadValues(PathOf("v.npy"));
        Assert.Equal((520, 40), (masks.RowCount, masks.FeatureCount));
        Assert.Equal(values.Length, masks.RowCount);
        HashSet<string> distinct = [];
        for (int row = 0; row < masks.RowCount; row++)
        {
            double Sign(params int[] set) => set.Count(feature => masks[row, feature]) % 2 == 0 ? 1 : -1;
            Assert.Equal(1 - (0.5 * Sign(3)) + (2 * Sign(5, 9)) + (0.75 * Sign(1, 2, 39)), values[row], 1e-5);
            Assert.True(distinct.Add(Convert.ToHexString(System.Runtime.InteropServices.MemoryMarshal.AsBytes(masks.Row(row)))));
        }
    }

    [Fact]
    public void Wrong_arguments_are_answered_with_one_line_and_2()
    {
        string game = Game();
        Assert.Equal(0, SpexRun.Of("explain", "game", game, "--quiet", "--budget", "200", "--result", PathOf("result.json")).Code);
        Refused("There is nothing to write", "export", PathOf("result.json"));
        Refused("is no result of spex", "export", game, "--csv", PathOf("a.csv"));
        Refused("folder does not exist", "export", PathOf("result.json"), "--parquet", PathOf("none/a.parquet"));
        Refused("folder does not exist", "explain", "game", game, "--masks", PathOf("none/m.npy"));
    }

    [Theory]
    [InlineData("--csv")]
    [InlineData("--parquet")]
    public void A_full_disk_is_told(string option)
    {
        using FullDisk disk = FullDisk.Hold();
        Assert.Equal(0, SpexRun.Of("explain", "game", Game(), "--quiet", "--budget", "200", "--result", PathOf("result.json")).Code);
        SpexRun run = SpexRun.Of("export", PathOf("result.json"), option, FullDisk.File);
        Assert.Equal(1, run.Code);
        Assert.Contains("the disk is full", run.Error);
    }

    private static void Refused(string expected, params string[] arguments)
    {
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Contains(expected, run.Error);
    }

    private string Game()
    {
        File.WriteAllText(PathOf("game.json"), """{"n":40,"basis":"fourier","terms":[[[],1],[[3],-0.5],[[5,9],2],[[1,2,39],0.75]]}""");
        return PathOf("game.json");
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
