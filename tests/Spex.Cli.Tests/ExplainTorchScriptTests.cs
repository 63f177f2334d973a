using Spex.Cli.Tests.Architecture;

namespace Spex.Cli.Tests;

public class ExplainTorchScriptTests
{
    private static string Fixture(string name) => Path.Combine(Repository.Root, "tests", "Spex.Torch.Tests", "Fixtures", "torchscript", name);

    [Fact]
    public void Explains_a_module_of_masks()
    {
        SpexRun run = SpexRun.Of("explain", "torchscript", Fixture("masks.pt"), "--features", "6");
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);
        Assert.Contains("6 features; the value is the number that the module gives", run.Output);
        Assert.Contains("1 × 4  +2.500", run.Output);
    }

    [Fact]
    public void Explains_token_ids_images_and_rows()
    {
        SpexRun tokens = SpexRun.Of("explain", "torchscript", Fixture("tokens.pt"), "--tokens", "3,5,19", "--mask-token", "0", "--value", "margin");
        Assert.Equal("", tokens.Error);
        Assert.Contains("3 tokens; the value is the margin of class", tokens.Output);

        DirectoryInfo folder = Directory.CreateTempSubdirectory("spex");
        try
        {
            string csv = Path.Combine(folder.FullName, "a.csv"), picture = Path.Combine(folder.FullName, "a.png"), names = Path.Combine(folder.FullName, "names.txt");
            File.WriteAllText(csv, "a,b,c,d\n1,2,3,4\n0,1,-1,2\n");
            File.WriteAllBytes(picture, new Torch.Images.RgbImage(16, 8, [.. Enumerable.Range(0, 16 * 8 * 3).Select(i => (byte)(i * i))]).EncodePng());
            File.WriteAllText(names, "ant\nbee\ncat\ndog, wild\n");
            SpexRun row = SpexRun.Of("explain", "table", csv, "--row", "1", "--model", Fixture("table.pt"), "--target", "2");
            Assert.Equal("", row.Error);
            Assert.Contains("4 columns; the value is the logit of class 2; the module says class", row.Output);
            SpexRun image = SpexRun.Of("explain", "image", picture, "--model", Fixture("image.pt"), "--grid", "4x2", "--size", "12x10", "--mean", "0.5,0.5,0.5", "--sd", "0.2,0.2,0.2", "--classes", names, "--target", "dog, wild");
            Assert.Equal("", image.Error);
            Assert.Contains("8 patches; the value is the logit of dog, wild; image.pt says", image.Output);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    [Theory]
    [InlineData(2, "by --features N, or token ids", "masks.pt")]
    [InlineData(2, "by --features N, or token ids", "masks.pt", "--features", "6", "--tokens", "1,2", "--mask-token", "0")]
    [InlineData(2, "--tokens takes whole numbers with commas between them; got \"x\"", "tokens.pt", "--tokens", "1,x", "--mask-token", "0")]
    [InlineData(2, "was made by torch.save", "pickle.pt", "--features", "6")]
    [InlineData(1, "at least two features must be present", "throws.pt", "--features", "6")]
    [InlineData(1, "throws on [1, 5] Float32", "masks.pt", "--features", "5")]
    public void What_is_wrong_is_told(int code, string expected, string file, params string[] options)
    {
        SpexRun run = SpexRun.Of(["explain", "torchscript", Fixture(file), .. options]);
        Assert.Equal(code, run.Code);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }
}
