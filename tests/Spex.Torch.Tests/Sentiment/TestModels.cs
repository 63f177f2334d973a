using Spex.Torch.Native;
using Spex.Torch.Sentiment;
using Spex.Torch.Text;

namespace Spex.Torch.Tests.Sentiment;

/// <summary>A small model with random weights: for what does not depend on how well the model reads.</summary>
internal static class TestModels
{
    public static SentimentModel Random(int words = 50, int dimension = 24, int heads = 3, TorchSharp.torch.Device? device = null)
    {
        TorchRuntime.EnsureLoaded();
        Vocabulary vocabulary = new([.. Enumerable.Range(0, words).Select(word => $"w{word}")]);
        return new SentimentModel(vocabulary, new SentimentNetwork(new SentimentNetworkShape(vocabulary.Count, dimension, 40, heads, 32), 7, device));
    }

    /// <summary>A text of known and, here and there, unknown words.</summary>
    public static string Text(int words) => string.Join(' ', Enumerable.Range(0, words).Select(word => $"w{word * 7 % 53}"));
}
