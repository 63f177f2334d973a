using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Core.Tests.Golden;

namespace Spex.Core.Tests.Formats;

public class GameFileTests
{
    public static TheoryData<string> RealGames =>
    [
        "california_rf_row100", "bike_rf_row500", "breast16_rf", "breast30_rf_row450", "digits64_rf_row1600", "digits64_mlp_row1600", "text_attn_n65", "text_attn_n253",
    ];

    [Theory]
    [MemberData(nameof(RealGames))]
    public void Real_games_have_the_values_that_other_software_computed(string name)
    {
        string path = GoldenFile.PathOf("real_games.json");
        Game game = GameFile.Read(path, name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement golden = document.RootElement.GetProperty("games").EnumerateArray().Single(entry => entry.GetProperty("id").GetString() == name);
        string[] masks = [.. golden.GetProperty("check_masks").EnumerateArray().Select(mask => mask.GetString()!)];
        double[] values = [.. golden.GetProperty("check_values").EnumerateArray().Select(value => value.GetDouble())];
        Assert.NotEmpty(masks);
        MaskMatrix matrix = new(masks.Length, game.FeatureCount);
        for (int row = 0; row < masks.Length; row++)
        {
            Assert.Equal(game.FeatureCount, masks[row].Length);
            for (int i = 0; i < game.FeatureCount; i++)
            {
                matrix[row, i] = masks[row][i] == '1';
            }
        }

        double[] actual = game.Evaluate(matrix);
        for (int row = 0; row < masks.Length; row++)
        {
            Assert.Equal(values[row], actual[row], 1e-12 * Math.Max(1, Math.Abs(values[row])));
        }
    }

    [Fact]
    public void Sparse_games_have_the_variance_that_other_software_computed()
    {
        // The Fourier games' variance is the sum of their squared coefficients (Parseval).
        IReadOnlyList<KeyValuePair<string, Game>> games = GameFile.ReadAll(GoldenFile.PathOf("sparse_games.json"));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(GoldenFile.PathOf("sparse_games.json")));
        JsonElement[] golden = [.. document.RootElement.GetProperty("games").EnumerateArray()];
        Assert.Equal(golden.Length, games.Count);
        for (int i = 0; i < golden.Length; i++)
        {
            SparseGame game = Assert.IsType<SparseGame>(games[i].Value);
            Assert.Equal(golden[i].GetProperty("id").GetString(), games[i].Key);
            Assert.Equal(golden[i].GetProperty("n").GetInt32(), game.FeatureCount);
            Assert.Equal(golden[i].GetProperty("noise_sd").GetDouble(), game.NoiseStandardDeviation);
            Assert.Equal(golden[i].GetProperty("terms").GetArrayLength(), game.Terms.Count);
            if (game.Basis == SparseBasis.Fourier)
            {
                double expected = golden[i].GetProperty("fourier_variance").GetDouble();
                Assert.Equal(expected, new Spectrum(game.FeatureCount, game.Terms).Variance, 1e-12 * expected);
            }
        }
    }

    [Fact]
    public void The_examples_of_the_documentation_are_read()
    {
        using TemporaryFolder folder = new();
        TableGame table = Assert.IsType<TableGame>(GameFile.Read(folder.Write("t.json", """{"n":2,"values":[0,1,2,3.5],"features":["a","b"]}""")));
        Assert.Equal([0, 1, 2, 3.5], table.Values.ToArray());
        Assert.Equal(["a", "b"], table.FeatureNames!);

        SparseGame sparse = Assert.IsType<SparseGame>(GameFile.Read(folder.Write(
            "s.json",
            """{"n":1000,"basis":"moebius","terms":[[[5,0],0.3],[[],-1]],"noise_sd":0.0,"seed":1}""")));
        Assert.Equal([new SpectrumTerm(FeatureSet.Empty, -1), new SpectrumTerm(new FeatureSet(0, 5), 0.3)], sparse.Terms);
        Assert.Equal(SparseBasis.Moebius, sparse.Basis);
        Assert.Equal(1UL, sparse.Seed);
    }

    [Fact]
    public void A_game_of_many_is_chosen_by_name()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("g.json", """{"games":[{"id":"one","n":0,"values":[1]},{"id":"two","n":0,"values":[2]}]}""");
        Assert.Equal(2, GameFile.Read(path, "two").Evaluate([]));
        Assert.Equal(["one", "two"], GameFile.ReadAll(path).Select(game => game.Key));
        AssertRefused("holds 2 games; say which by --name. They are: one, two.", path);
        Assert.Contains("has no game named three; it has: one, two.", Assert.Throws<SpexInputException>(() => GameFile.Read(path, "three")).Message);

        Assert.Equal(1, GameFile.Read(folder.Write("single.json", """{"games":[{"id":"one","n":0,"values":[1]}]}""")).Evaluate([]));
        AssertRefused("two games named one", folder.Write("twice.json", """{"games":[{"id":"one","n":0,"values":[1]},{"id":"one","n":0,"values":[2]}]}"""));
        Assert.Contains("leave out --name one", Assert.Throws<SpexInputException>(() => GameFile.Read(folder.Write("t.json", """{"n":0,"values":[1]}"""), "one")).Message);
    }

    [Fact]
    public void What_is_written_is_read_back_the_same() =>
        GenGame.Sample(game =>
        {
            using TemporaryFolder folder = new();
            GameFile.Write(folder["game.json"], game);
            Game read = GameFile.Read(folder["game.json"]);
            Assert.Equal(game.ContentHash, read.ContentHash);
            Assert.Equal(game.FeatureNames, read.FeatureNames);
            Assert.Equal(["game.json"], folder.Names);
        });

    [Fact]
    public void A_file_cut_anywhere_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        string whole = """{"n":3,"basis":"fourier","terms":[[[0,1],0.5],[[2],-1e-3]],"noise_sd":0.5,"seed":7,"features":["a","b","ü"]}""";
        byte[] bytes = Encoding.UTF8.GetBytes(whole);
        for (int length = 0; length < bytes.Length; length++)
        {
            string path = folder.Write("cut.json", bytes[..length]);
            string message = Assert.Throws<SpexInputException>(() => GameFile.Read(path)).Message;
            Assert.Contains(path, message);
            Assert.True(message.Contains("cut short", StringComparison.Ordinal) || message.Contains("is empty", StringComparison.Ordinal), message);
        }

        GameFile.Read(folder.Write("whole.json", bytes));
    }

    [Theory]
    [InlineData("""{"n":2,"values":[0,1,2]}""", "\"values\" has 3 numbers; a table with n = 2 takes 2^n = 4")]
    [InlineData("""{"n":1,"values":[0,"x"]}""", "\"values\"[1] is the text \"x\"; a finite number is allowed")]
    [InlineData("""{"n":1,"values":[0,NaN]}""", "no valid JSON")]
    [InlineData("""{"n":1,"values":[0,1e999]}""", "\"values\"[1] is 1e999; a finite number is allowed")]
    [InlineData("""{"n":1,"values":[0,null]}""", "\"values\"[1] is null")]
    [InlineData("""{"n":-1,"values":[0]}""", "\"n\" is -1; a whole number from 0 to 30 is allowed")]
    [InlineData("""{"n":31,"values":[0]}""", "\"n\" is 31; a whole number from 0 to 30 is allowed")]
    [InlineData("""{"n":1.5,"values":[0]}""", "\"n\" is 1.5")]
    [InlineData("""{"values":[0]}""", "the file's content has no \"n\"; it is needed")]
    [InlineData("""{"n":2}""", "is no game")]
    [InlineData("""[1,2]""", "is an array; an object is allowed")]
    [InlineData("""{"n":2,"n":3,"values":[0]}""", "no valid JSON")]
    [InlineData("""{"n":2,"values":[0,1,2,3],"features":["a"]}""", "\"features\" has 1 entries; a game with n = 2 takes 2")]
    [InlineData("""{"n":1,"values":[0,1],"features":[7]}""", "\"features\"[0] is 7; a text is allowed")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[[[0,4],1]]}""", "\"terms\"[0][0][1] is 4; a whole number from 0 to 3 is allowed")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[[[0,-1],1]]}""", "\"terms\"[0][0][1] is -1")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[[[0,0],1]]}""", "\"terms\"[0][0][1] is 0 a second time")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[[[0,1],1],[[1,0],2]]}""", "\"terms\"[1] gives the set {0, 1} a second time")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[[[0,1]]]}""", "\"terms\"[0] has 1 entries")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[{"a":1}]}""", "\"terms\"[0] is an object; an array is allowed")]
    [InlineData("""{"n":4,"basis":"walsh","terms":[]}""", "\"basis\" is \"walsh\"; \"fourier\" or \"moebius\" is allowed")]
    [InlineData("""{"n":4,"terms":[]}""", "has no \"basis\"")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[],"noise_sd":-1}""", "\"noise_sd\" is -1")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[],"seed":-1}""", "\"seed\" is -1")]
    [InlineData("""{"n":4,"basis":"fourier","terms":[],"seed":1.5}""", "\"seed\" is 1.5")]
    [InlineData("""{"n":4000000,"basis":"fourier","terms":[]}""", "\"n\" is 4000000")]
    [InlineData("""{"n":2,"type":"xgboost"}""", "\"type\" is xgboost; table, sparse,")]
    [InlineData("""{"n":1,"type":"table_b64_f64le","values":"?"}""", "\"values\" is no base64")]
    [InlineData("""{"n":1,"type":"table_b64_f64le","values":"AAAA"}""", "\"values\" holds 3 bytes")]
    [InlineData("""{"n":0,"type":"table_b64_f64le","values":"AAAAAAAA+H8="}""", "Value 0 of the table is NaN")]
    [InlineData("""{"n":2,"type":"mask_trees","trees":[[2,0,1]]}""", "\"trees\"[0][0] is 2; a whole number from 0 to 1 is allowed")]
    [InlineData("""{"n":2,"type":"mask_trees","trees":[[1,0]]}""", "\"trees\"[0] has 2 entries")]
    [InlineData("""{"n":2,"type":"relu_mlp","A":[[1]],"b1":[1],"w2":[1],"b2":0}""", "\"A\" has 1 entries; \"n\" = 2 takes 2")]
    [InlineData("""{"n":1,"type":"attn_pool","score":[1],"vec":[[1,2]],"W":[[1]],"u":[1]}""", "\"vec[0]\" has 2 numbers")]
    [InlineData("""{"games":[{"n":1}]}""", "\"games\"[0] has no \"id\"")]
    [InlineData("""{"data_type":"interaction_values"}""", "\"data_type\" is \"interaction_values\"; a saved game")]
    [InlineData("hello", "no valid JSON")]
    [InlineData("", "it is empty")]
    public void Wrong_content_is_refused_with_its_place(string content, string reason)
    {
        using TemporaryFolder folder = new();
        AssertRefused(reason, folder.Write("wrong.json", content));
    }

    [Fact]
    public void Missing_files_and_folders_are_named()
    {
        using TemporaryFolder folder = new();
        AssertRefused("There is no file", folder["none.json"]);
        AssertRefused("There is no file", folder["none/none.json"]);
        AssertRefused("is a folder", Path.GetDirectoryName(folder["x"])!);
    }

    [Fact]
    public void A_byte_order_mark_is_no_error()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(1, GameFile.Read(folder.Write("bom.json", "\uFEFF{\"n\":0,\"values\":[1]}")).Evaluate([]));
    }

    [Fact]
    public void Deep_trees_are_read_and_written()
    {
        // A chain of 1,000 splits nests 1,000 arrays.
        StringBuilder chain = new();
        for (int i = 0; i < 1000; i++)
        {
            chain.Append(CultureInfo.InvariantCulture, $"[{i},{i},");
        }

        chain.Append("-1").Append(']', 1000);
        using TemporaryFolder folder = new();
        Game game = GameFile.Read(folder.Write("deep.json", $$"""{"n":1000,"type":"mask_trees","trees":[{{chain}}]}"""));
        MaskMatrix masks = new(1, 1000);
        for (int i = 0; i < 700; i++)
        {
            masks[0, i] = true;
        }

        Assert.Equal(700, game.Evaluate(masks.Row(0)));
        GameFile.Write(folder["again.json"], game);
        Assert.Equal(game.ContentHash, GameFile.Read(folder["again.json"]).ContentHash);
    }

    private static readonly double[] Awkward = [0, 1e-300, -1e300, 0.1, 1.0 / 3];

    private static Gen<double> GenNumber => Gen.OneOf(Gen.Double[-10, 10], Gen.Int[0, 4].Select(i => Awkward[i]));

    private static Gen<Game> GenGame => Gen.OneOf(
        Gen.Int[0, 6].SelectMany(n => Gen.Select(GenNumber.Array[1 << n], Gen.Bool, (values, named) => (Game)new TableGame(values, named ? Names(n) : null))),
        Gen.Select(
            Gen.Int[0, 199].HashSet[0, 5].Array[0, 20],
            Gen.ULong,
            Gen.Double[0, 1],
            Gen.Bool,
            (sets, seed, noise, moebius) => (Game)new SparseGame(
                200,
                moebius ? SparseBasis.Moebius : SparseBasis.Fourier,
                sets.Select(set => new FeatureSet([.. set])).Distinct().Select((set, i) => new SpectrumTerm(set, 1.0 / (i + 3))),
                noise,
                seed,
                Names(200))),
        Gen.Select(GenNumber.Array[7], GenNumber, (leaves, scale) => (Game)new TreeGame(
            3,
            [new(2, 1, 2, 0), TreeNode.Leaf(leaves[0]), new(0, 3, 4, 0), TreeNode.Leaf(leaves[1]), TreeNode.Leaf(leaves[2]), TreeNode.Leaf(leaves[3])],
            [0, 5],
            scale)),
        Gen.Select(GenNumber.Array[4].Array[3], GenNumber.Array[4], GenNumber.Array[4], GenNumber, (a, b, w, b2) => (Game)new ReluNetworkGame(a, b, w, b2)),
        Gen.Select(
            Gen.Double[-3, 3].Array[3],
            GenNumber.Array[2].Array[3],
            GenNumber.Array[4].Array[2],
            GenNumber.Array[4],
            (score, vec, w, u) => (Game)new AttentionPoolGame(score, vec, w, u)));

    private static string[] Names(int count) => [.. Enumerable.Range(0, count).Select(i => $"word \"{i}\" <é>\n")];

    private static void AssertRefused(string reason, string path)
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => GameFile.Read(path));
        Assert.Contains(reason, error.Message);
        Assert.Contains(path, error.Message);
    }
}
