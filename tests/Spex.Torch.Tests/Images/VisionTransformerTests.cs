using System.Text.Json;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Images;
using Spex.Torch.Models;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Images;

public sealed class VisionTransformerTests : IDisposable
{
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Fixtures", "vit");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Logits_are_those_of_the_reference()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixture, "expected.json")));
        float[] pixels = document.RootElement.GetProperty("pixel_values").Deserialize<float[]>()!;
        float[][] expected = document.RootElement.GetProperty("logits").Deserialize<float[][]>()!;
        using VisionTransformer model = ModelFolder.Open(Fixture).Load<VisionTransformer>();
        using Tensor logits = model.Forward(tensor(pixels, 2, 3, 24, 24));
        Assert.Equal([2L, 5L], logits.shape);
        float[] got = logits.data<float>().ToArray();
        for (int i = 0; i < got.Length; i++)
        {
            Assert.Equal(expected[i / 5][i % 5], got[i], 1e-5);
        }

        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"], model.Labels);
    }

    [Fact]
    public void Pictures_are_prepared_as_the_folder_says()
    {
        string folder = Folder("""{"size":{"height":24,"width":24},"resample":3,"do_rescale":true,"rescale_factor":0.00392156862745098,"image_mean":[0.1,0.2,0.3],"image_std":[0.5,0.6,0.7]}""");
        using VisionTransformerClassifier model = VisionTransformerClassifier.Open(folder);
        Assert.Equal(ResampleFilter.Bicubic, model.Preparation.Filter);
        RgbImage picture = TestImages.Noise(50, 31), seen = model.Preparation.Fit(picture);
        Assert.Equal((24, 24), (seen.Width, seen.Height));
        using VisionTransformer plain = ModelFolder.Open(folder).Load<VisionTransformer>();
        float[] planes = new float[3 * 24 * 24];
        for (int i = 0; i < seen.Pixels.Length; i++)
        {
            double[] mean = [0.1, 0.2, 0.3], deviation = [0.5, 0.6, 0.7];
            planes[(i % 3 * 576) + (i / 3)] = (float)(((seen.Pixels[i] / 255.0) - mean[i % 3]) / deviation[i % 3]);
        }

        using Tensor expected = plain.Forward(tensor(planes, 1, 3, 24, 24));
        float[] logits = model.Logits([seen])[0];
        Assert.All(expected.data<float>().ToArray().Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(2, model.FindClass("label_2", logits.Length));

        using ImageValueFunction function = new(model, seen, ImageSegments.Patches(24, 24, 8));
        Assert.Equal(9, function.FeatureCount);
        Assert.Equal(logits.Max(), function.FullValue, 1e-5);
    }

    [Theory]
    [InlineData("""{"size":224}""", "\"size\" is 224 × 224; the model takes 24 × 24")]
    [InlineData("""{"size":{"shortest_edge":24}}""", "\"height\"")]
    [InlineData("""{"resample":5}""", "\"resample\" is 5")]
    [InlineData("""{"do_rescale":false}""", "\"do_rescale\" must be true")]
    [InlineData("""{"image_std":[1,0,1]}""", "three numbers above 0")]
    [InlineData("""{"image_mean":[1,0]}""", "\"image_mean\" is 2 numbers")]
    public void Preparations_that_do_not_fit_are_refused(string preparation, string expected) =>
        Assert.Contains(expected, Assert.Throws<SpexInputException>(() => VisionTransformerClassifier.Open(Folder(preparation))).Message);

    [Fact]
    public void A_folder_with_another_model_is_refused()
    {
        string folder = Folder("{}");
        File.WriteAllText(Path.Combine(folder, "config.json"), """{"architectures":["GPT2LMHeadModel"]}""");
        Assert.Contains("which is a language model; here one of ViTForImageClassification is needed", Assert.Throws<SpexInputException>(() => VisionTransformerClassifier.Open(folder)).Message);
    }

    private string Folder(string preparation)
    {
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            _folder.Write(name, File.ReadAllBytes(Path.Combine(Fixture, name)));
        }

        _folder.Write("preprocessor_config.json", preparation);
        return _folder.FullName;
    }
}
