using System.IO.Compression;
using System.Text.Json;
using CsCheck;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Core.Tests.Golden;

namespace Spex.Core.Tests.Formats;

public class ShapiqGameFileTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 20, 46, 6, 184, TimeSpan.Zero);

    [Fact]
    public void An_archive_as_numpy_makes_it_is_read()
    {
        // values = 0.5 + sum of the coalition + size²/8, normalization 0.5; written by Python's zipfile with numpy.savez_compressed's layout.
        TableGame game = Assert.IsType<TableGame>(GameFile.Read(GoldenFile.PathOf("shapiq_game.npz")));
        for (int mask = 0; mask < 8; mask++)
        {
            int size = 0, sum = 0;
            for (int i = 0; i < 3; i++)
            {
                size += (mask >> i) & 1;
                sum += i * ((mask >> i) & 1);
            }

            Assert.Equal(sum + (size * size / 8.0), game.Values[mask]);
        }
    }

    [Fact]
    public void A_saved_json_game_is_read()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("game.json", """
            {"object_name": "Game", "data_type": "game", "version": "1.6.0", "created_from": null, "description": null, "parameters": {},
             "timestamp": "2026-01-31T20:46:06.184768+00:00Z",
             "metadata": {"n_players": 2, "game_name": "DummyGame_Game", "normalization_value": 1.0, "precompute_flag": true, "precomputed": true, "player_names": ["x", "y"]},
             "data": {"Empty": 1.0, "0": 2.0, "1": 4.0, "1,0": 8.5}}
            """);
        TableGame game = Assert.IsType<TableGame>(GameFile.Read(path));
        Assert.Equal([0, 1, 3, 7.5], game.Values.ToArray());
        Assert.Equal(["x", "y"], game.FeatureNames!);
    }

    [Theory]
    [InlineData("game.json")]
    [InlineData("game.npz")]
    public void What_is_written_is_read_back_the_same(string name) =>
        Gen.Int[0, 7].SelectMany(n => Gen.Double[-5, 5].Array[1 << n]).Sample(
            values =>
            {
                using TemporaryFolder folder = new();
                ShapiqGameFile.Write(folder[name], new TableGame(values));
                Assert.Equal(values, Assert.IsType<TableGame>(GameFile.Read(folder[name])).Values.ToArray());
                Assert.Equal([name], folder.Names);
            },
            iter: 30);

    [Fact]
    public void The_json_form_is_shapiqs()
    {
        using TemporaryFolder folder = new();
        ShapiqGameFile.Write(folder["game.json"], new TableGame([0.5, 1, 2, 3], ["a", "b"]), "Mine", Time);
        string expected = """
            {
              "object_name": "Game",
              "data_type": "game",
              "version": "1.6.0",
              "created_from": null,
              "description": null,
              "parameters": {},
              "timestamp": "2026-01-31T20:46:06.184000+00:00Z",
              "metadata": {
                "n_players": 2,
                "game_name": "Mine",
                "normalization_value": 0,
                "precompute_flag": true,
                "precomputed": true,
                "player_names": [
                  "a",
                  "b"
                ]
              },
              "data": {
                "Empty": 0.5,
                "0": 1,
                "1": 2,
                "0,1": 3
              }
            }

            """;
        Assert.Equal(expected.ReplaceLineEndings("\n"), File.ReadAllText(folder["game.json"]));
    }

    [Fact]
    public void The_archive_has_shapiqs_arrays()
    {
        using TemporaryFolder folder = new();
        ShapiqGameFile.Write(folder["game.npz"], new TableGame([0.5, 1, 2, 3]));
        using ZipArchive archive = ZipFile.OpenRead(folder["game.npz"]);
        Assert.Equal(["values.npy", "coalitions.npy", "n_players.npy", "normalization_value.npy"], archive.Entries.Select(entry => entry.FullName));
        Assert.Equal("{'descr': '<f8', 'fortran_order': False, 'shape': (4,), }", Header(archive, "values.npy"));
        Assert.Equal("{'descr': '|b1', 'fortran_order': False, 'shape': (4, 2), }", Header(archive, "coalitions.npy"));
        Assert.Equal("{'descr': '<i8', 'fortran_order': False, 'shape': (), }", Header(archive, "n_players.npy"));

        static string Header(ZipArchive archive, string name)
        {
            using BinaryReader reader = new(archive.GetEntry(name)!.Open());
            Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], reader.ReadBytes(8));
            int length = reader.ReadUInt16();
            Assert.Equal(0, (10 + length) % 64);
            string header = new(reader.ReadChars(length));
            Assert.EndsWith("\n", header);
            return header.TrimEnd();
        }
    }

    [Fact]
    public void The_same_game_gives_the_same_archive()
    {
        using TemporaryFolder folder = new();
        ShapiqGameFile.Write(folder["a.npz"], new TableGame([0.5, 1]));
        ShapiqGameFile.Write(folder["b.npz"], new TableGame([0.5, 1]));
        Assert.Equal(File.ReadAllBytes(folder["a.npz"]), File.ReadAllBytes(folder["b.npz"]));
    }

    [Theory]
    [InlineData("""{"Empty":1,"0":2,"1":3}""", "\"data\" has 3 of the 2^n = 4 coalitions; {0, 1} is missing")]
    [InlineData("""{"Empty":1,"0":2,"1":3,"0,1":4,"1,0":5}""", "gives a coalition a second time")]
    [InlineData("""{"Empty":1,"0":2,"1":3,"0,2":4}""", "has a key that names no set")]
    [InlineData("""{"Empty":1,"0":2,"1":3,"0,0":4}""", "has a key that names no set")]
    [InlineData("""{"Empty":1,"0":2,"1":3,"a":4}""", "has a key that names no set")]
    [InlineData("""{"Empty":1,"0":2,"1":3,"0,1":"x"}""", "is the text \"x\"")]
    [InlineData("""[1,2]""", "\"data\" is an array; an object is allowed")]
    public void Wrong_data_is_refused_with_its_place(string data, string reason)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("game.json", $$"""{"data_type":"game","metadata":{"n_players":2,"normalization_value":null,"player_names":null},"data":{{data}}}""");
        Assert.Contains(reason, Assert.Throws<SpexInputException>(() => GameFile.Read(path)).Message);
    }

    [Fact]
    public void An_archive_that_is_cut_damaged_or_incomplete_is_refused()
    {
        using TemporaryFolder folder = new();
        byte[] whole = File.ReadAllBytes(GoldenFile.PathOf("shapiq_game.npz"));
        for (int length = 2; length < whole.Length; length += 7)
        {
            string path = folder.Write("cut.npz", whole[..length]);
            Assert.Contains(path, Assert.Throws<SpexInputException>(() => GameFile.Read(path)).Message);
        }

        using (ZipArchive archive = ZipFile.Open(folder["empty.npz"], ZipArchiveMode.Create))
        {
            archive.CreateEntry("readme.txt");
        }

        Assert.Contains("no array \"n_players\"", Assert.Throws<SpexInputException>(() => GameFile.Read(folder["empty.npz"])).Message);
    }

    [Fact]
    public void Every_flipped_byte_of_an_archive_is_refused_or_harmless()
    {
        using TemporaryFolder folder = new();
        byte[] whole = File.ReadAllBytes(GoldenFile.PathOf("shapiq_game.npz"));
        string expected = GameFile.Read(GoldenFile.PathOf("shapiq_game.npz")).ContentHash;
        for (int i = 2; i < whole.Length; i++)
        {
            byte[] flipped = [.. whole];
            flipped[i] ^= 0x10;
            try
            {
                // Times and names of the zip's own records carry no value; CRCs guard the rest.
                Assert.Equal(expected, GameFile.Read(folder.Write("flipped.npz", flipped)).ContentHash);
            }
            catch (SpexInputException)
            {
            }
        }
    }

    [Fact]
    public void Games_too_large_to_list_are_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains(
            "up to 20 features",
            Assert.Throws<SpexInputException>(() => ShapiqGameFile.Write(folder["g.json"], new SparseGame(21, SparseBasis.Fourier, []))).Message);
        ShapiqGameFile.Write(folder["h.json"], new SparseGame(3, SparseBasis.Moebius, [new SpectrumTerm(new FeatureSet(0, 2), 2)]));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(folder["h.json"]));
        Assert.Equal(2, document.RootElement.GetProperty("data").GetProperty("0,2").GetDouble());
    }
}
