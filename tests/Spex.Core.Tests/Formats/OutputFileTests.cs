using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Tests;

namespace Spex.Core.Tests.Formats;

public class OutputFileTests
{
    private static readonly TableGame Game = new([1, 2]);

    [Fact]
    public void A_full_disk_is_a_clear_error()
    {
        using FullDisk disk = FullDisk.Hold();
        SpexException error = Assert.ThrowsAny<SpexException>(() => GameFile.Write(FullDisk.File, Game));
        Assert.IsNotType<SpexInputException>(error);
        Assert.Contains("/dev/full could not be written: the disk is full", error.Message);

        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder["link.npz"], FullDisk.File);
        Assert.Contains("the disk is full", Assert.ThrowsAny<SpexException>(() => ShapiqGameFile.Write(folder["link.npz"], Game)).Message);
    }

    [Fact]
    public void Writing_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        folder.Write("result.json", "old");
        Assert.Throws<SpexException>(() => OutputFile.Write(folder["result.json"], stream =>
        {
            stream.Write("half of the new"u8);
            throw new IOException("No space left on device", 28);
        }));
        Assert.Equal("old", File.ReadAllText(folder["result.json"]));

        // Errors that are not the disk's come through as they are.
        Assert.Throws<InvalidOperationException>(() => OutputFile.Write(folder["result.json"], _ => throw new InvalidOperationException()));
        Assert.Equal(["result.json"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder["result.json"]));
    }

    [Fact]
    public void Writing_replaces_the_old_file_and_follows_links()
    {
        using TemporaryFolder folder = new();
        folder.Write("real.json", "old");
        GameFile.Write(folder["real.json"], Game);
        Assert.Equal("""{"n":1,"values":[1,2]}""" + "\n", File.ReadAllText(folder["real.json"]));

        folder.Write("real.json", "old");
        File.CreateSymbolicLink(folder["link.json"], folder["real.json"]);
        GameFile.Write(folder["link.json"], Game);
        Assert.StartsWith("""{"n":1""", File.ReadAllText(folder["real.json"]));
        Assert.NotNull(new FileInfo(folder["link.json"]).LinkTarget);
        Assert.Equal(["link.json", "real.json"], folder.Names);
    }

    [Fact]
    public void Folders_that_are_missing_or_in_the_way_are_named()
    {
        using TemporaryFolder folder = new();
        string missing = folder["none/result.json"], inTheWay = folder["folder"];
        Directory.CreateDirectory(inTheWay);
        Assert.Contains("its folder does not exist", Assert.Throws<SpexInputException>(() => GameFile.Write(missing, Game)).Message);
        Assert.Contains("its folder does not exist", Assert.Throws<SpexInputException>(() => OutputFile.Check(missing)).Message);
        Assert.Contains(inTheWay, Assert.ThrowsAny<SpexException>(() => GameFile.Write(inTheWay, Game)).Message);
        Assert.Contains("is a folder", Assert.Throws<SpexInputException>(() => OutputFile.Check(inTheWay)).Message);
        Assert.Equal(["folder"], folder.Names);
    }

    [Fact]
    public void Checking_changes_nothing()
    {
        using TemporaryFolder folder = new();
        OutputFile.Check(folder["new.json"]);
        Assert.Empty(folder.Names);
        folder.Write("old.json", "old");
        OutputFile.Check(folder["old.json"]);
        Assert.Equal("old", File.ReadAllText(folder["old.json"]));
        Assert.Equal(["old.json"], folder.Names);
    }
}
