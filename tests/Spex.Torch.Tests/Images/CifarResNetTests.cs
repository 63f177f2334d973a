using System.IO.Compression;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Images;
using Spex.Torch.Safetensors;

namespace Spex.Torch.Tests.Images;

public sealed class CifarResNetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Logits_are_those_of_the_network_in_float64(int blocks)
    {
        ReferenceResNet reference = new(blocks);
        using CifarResNet model = CifarResNet.Open(reference.Save(_folder["a.safetensors"]));
        Assert.Equal($"ResNet-{(6 * blocks) + 2}", model.Name);
        RgbImage[] images = [TestImages.Noise(32, 32), TestImages.Noise(32, 32)];
        float[][] logits = model.Logits(images);
        for (int row = 0; row < images.Length; row++)
        {
            double[] expected = reference.Logits(images[row]);
            Assert.Equal(expected.Length, logits[row].Length);
            for (int label = 0; label < expected.Length; label++)
            {
                Assert.Equal(expected[label], logits[row][label], 1e-5 * Math.Max(1, expected.Max(Math.Abs)));
            }
        }
    }

    [Fact]
    public void Weights_that_do_not_fit_are_named()
    {
        ReferenceResNet reference = new(1);
        string Refused(string name, Action<SafetensorsWriter> more, string? without = null) =>
            Assert.Throws<SpexInputException>(() => CifarResNet.Open(reference.Save(_folder[name], more, without))).Message;
        Assert.Contains("layer2.0.shortcut.0.weight", Refused("a", writer => ReferenceResNet.Add(writer, "layer2.0.shortcut.0.weight", [8, 4, 1, 1], new double[32])));
        Assert.Contains("bn1.running_var", Refused("b", _ => { }, "layer1.0.bn1.running_var"));
        Assert.Contains("is no image model that is known", Refused("c", _ => { }, "linear.weight"));
        Assert.Contains("none.safetensors' cannot be read", Assert.Throws<SpexInputException>(() => CifarResNet.Open(_folder["none.safetensors"])).Message);
    }

    /// <summary>The public weights on the 1,000 test images: 80.4 % on images that went through JPEG, as their description says.</summary>
    [Fact]
    public void ResNet_20_sorts_the_CIFAR_10_test_images()
    {
        string data = SharedFolder.Need("data", "cifar10_test1000.bin.gz");
        using CifarResNet model = CifarResNet.Open(SharedFolder.Need("weights", "resnet20-cifar10.safetensors"));
        using GZipStream stream = new(File.OpenRead(data), CompressionMode.Decompress);
        byte[] record = new byte[3073];
        List<(RgbImage Image, int Label)> images = [];
        while (stream.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length)
        {
            images.Add((TestImages.Of(32, 32, (x, y) => (record[1 + (y * 32) + x], record[1025 + (y * 32) + x], record[2049 + (y * 32) + x])), record[0]));
        }

        Assert.Equal(1000, images.Count);
        int right = images.Chunk(100).Sum(chunk => model.Logits([.. chunk.Select(entry => entry.Image)]).Zip(chunk, (logits, entry) => Array.IndexOf(logits, logits.Max()) == entry.Label ? 1 : 0).Sum());
        Assert.Equal(804, right, 3.0);
    }
}
