using Spex.Core;
using Spex.Torch.Safetensors;
using Spex.Torch.Sentiment;

namespace Spex.Torch.Tests.Sentiment;

public sealed class SentimentModelTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"spex-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_saved_model_is_the_same_model()
    {
        using SentimentModel model = TestModels.Random();
        model.Save(_path);
        using SentimentModel read = SentimentModel.Open(_path);
        Assert.Equal(model.Hash, read.Hash);
        Assert.Equal(model.Vocabulary.Words, read.Vocabulary.Words);
        Assert.Equal(model.Logits([3, 4, 2, 1, 30]), read.Logits([3, 4, 2, 1, 30]));
        Assert.Equal(16, model.Hash.Length);
    }

    [Fact]
    public void A_damaged_file_is_refused()
    {
        using (SentimentModel model = TestModels.Random())
        {
            model.Save(_path);
        }

        byte[] whole = File.ReadAllBytes(_path);
        File.WriteAllBytes(_path, whole[..(whole.Length / 2)]);
        SpexInputException error = Assert.Throws<SpexInputException>(() => SentimentModel.Open(_path));
        Assert.Contains("cut short", error.Message, StringComparison.Ordinal);
        Assert.Throws<SpexInputException>(() => SentimentModel.Open(_path + ".missing"));
    }

    [Fact]
    public void A_file_of_another_model_is_refused()
    {
        SafetensorsWriter writer = new();
        writer.AddHalves("embedding", [4, 8], new float[32]);
        writer.Save(_path);
        Assert.Contains("vocabulary", Assert.Throws<SpexInputException>(() => SentimentModel.Open(_path)).Message, StringComparison.Ordinal);

        // All tensors are there, but the heads do not divide the dimension.
        using (SentimentModel model = TestModels.Random())
        {
            model.Save(_path);
        }

        byte[] content = File.ReadAllBytes(_path);
        int place = content.AsSpan().IndexOf("\"heads\":\"3\""u8);
        content[place + 9] = (byte)'5';
        File.WriteAllBytes(_path, content);
        Assert.Contains("heads", Assert.Throws<SpexInputException>(() => SentimentModel.Open(_path)).Message, StringComparison.Ordinal);
    }
}
