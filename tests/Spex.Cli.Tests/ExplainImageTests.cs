using SkiaSharp;
using Spex.Reports;
using Spex.Torch.Safetensors;

namespace Spex.Cli.Tests;

public sealed class ExplainImageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Explains_a_picture_and_draws_it()
    {
        string overlay = PathOf("overlay.png"), result = PathOf("result.json");
        SpexRun run = SpexRun.Of("explain", "image", Picture(), "--model", Model(), "--grid", "3x2", "--target", "frog", "--overlay", overlay, "--result", result);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);
        Assert.Contains("6 patches; the value is the logit of frog; ResNet-8 says", run.Output);
        Assert.Contains("r1c1", run.Output);
        Assert.Contains("exact", run.Output);
        using SKBitmap drawn = SKBitmap.Decode(overlay);
        Assert.True(drawn.Width > 1200, $"{drawn.Width}");
        SubjectImage image = ResultFile.Read(result).Subject.Image!;
        Assert.Equal((40, 20), (image.Width, image.Height));
        Assert.Equal(5, image.Labels[^1]);
    }

    [Theory]
    [InlineData("superpixels", "--superpixels", "6", "--value", "margin", "--removal", "mean")]
    [InlineData("patches", "--patch", "16", "--value", "probability", "--removal", "grey")]
    public void Explains_other_features(string kind, params string[] options)
    {
        SpexRun run = SpexRun.Of(["explain", "image", Picture(), "--model", Model(), "--budget", "100", .. options]);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);
        Assert.Contains($" {kind}; the value is the {options[3]} of ", run.Output);
    }

    [Theory]
    [InlineData("A grid of 40 × 4 patches does not fit", "--grid", "40x4")]
    [InlineData("--grid takes columns and rows, such as 8x8; got 8", "--grid", "8")]
    [InlineData("of --grid, --patch and --superpixels give one", "--grid", "8x8", "--patch", "4")]
    [InlineData("Give 2 to 256", "--superpixels", "257")]
    [InlineData("The model has no class 10; a class is a number from 0 to 9, or airplane", "--target", "10")]
    [InlineData("--removal is one of blur, mean, grey; got noise", "--removal", "noise")]
    [InlineData("--size is for TorchScript models", "--size", "8x8")]
    [InlineData("--sd takes three numbers above 0", "--sd", "1,0,1")]
    public void Wrong_options_are_told(string expected, params string[] options)
    {
        SpexRun run = SpexRun.Of(["explain", "image", Picture(), "--model", Model(), .. options]);
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void What_is_no_picture_and_what_is_no_model_are_told()
    {
        string text = PathOf("text.png");
        File.WriteAllText(text, "no picture");
        Assert.Contains("is no image that can be read", SpexRun.Of("explain", "image", text, "--model", Model()).Error);
        Assert.Contains("There is no file", SpexRun.Of("explain", "image", PathOf("none.png"), "--model", Model()).Error);
        Assert.Contains("give --model", SpexRun.Of("explain", "image", Picture()).Error);
        Assert.Equal(2, SpexRun.Of("explain", "image", Picture(), "--model", text).Code);
        Assert.Equal(2, SpexRun.Of("explain", "image", Picture(), "--model", Model(), "--overlay", Path.Combine(PathOf("no folder"), "a.png")).Code);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private string Picture()
    {
        using SKBitmap bitmap = new(40, 20);
        for (int at = 0; at < 800; at++)
        {
            bitmap.SetPixel(at % 40, at / 40, new SKColor((byte)(at * 7), (byte)(at * at), (byte)(at / 5)));
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        File.WriteAllBytes(PathOf("picture.png"), data.ToArray());
        return PathOf("picture.png");
    }

    /// <summary>A residual network of 8 layers with 10 classes and random weights.</summary>
    private string Model()
    {
        Random random = new(5);
        SafetensorsWriter writer = new();
        void Add(string name, float scale, float shift, params long[] shape) =>
            writer.Add(name, SafetensorsType.F32, shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).SelectMany(_ => BitConverter.GetBytes((float)((random.NextDouble() - 0.5) * scale) + shift))]);
        void Convolution(string convolution, string norm, int channels, int planes)
        {
            Add($"{convolution}.weight", 1, 0, planes, channels, 3, 3);
            Add($"{norm}.weight", 0, 1, planes);
            Add($"{norm}.bias", 0, 0, planes);
            Add($"{norm}.running_mean", 0, 0, planes);
            Add($"{norm}.running_var", 0, 1, planes);
        }

        Convolution("conv1", "bn1", 3, 4);
        for (int stage = 1; stage <= 3; stage++)
        {
            Convolution($"layer{stage}.0.conv1", $"layer{stage}.0.bn1", Math.Max(4, 1 << stage), 2 << stage);
            Convolution($"layer{stage}.0.conv2", $"layer{stage}.0.bn2", 2 << stage, 2 << stage);
        }

        Add("linear.weight", 1, 0, 10, 16);
        Add("linear.bias", 1, 0, 10);
        writer.Save(PathOf("model.safetensors"));
        return PathOf("model.safetensors");
    }
}
