using Spex.Torch.Text;
using static TorchSharp.torch;

namespace Spex.Torch.Sentiment;

/// <summary>A trained sentiment model: its vocabulary and its network.</summary>
public sealed class SentimentModel : IDisposable
{
    internal SentimentModel(Vocabulary vocabulary, SentimentNetwork network)
    {
        Vocabulary = vocabulary;
        Network = network;
        network.eval();
    }

    /// <summary>The words it knows.</summary>
    public Vocabulary Vocabulary { get; }

    internal SentimentNetwork Network { get; }

    /// <summary>The logits (negative, positive) of word ids; masked words are those with <see cref="Vocabulary.Mask"/>.</summary>
    public (float Negative, float Positive) Logits(ReadOnlySpan<int> ids)
    {
        long[] row = new long[Math.Max(1, ids.Length)];
        for (int i = 0; i < ids.Length; i++)
        {
            row[i] = ids[i];
        }

        using (no_grad())
        using (NewDisposeScope())
        {
            ReadOnlySpan<float> logits = Network.forward(tensor(row, 1, row.Length)).data<float>().ToArray();
            return (logits[0], logits[1]);
        }
    }

    /// <summary>Frees the network's tensors.</summary>
    public void Dispose() => Network.Dispose();
}
