using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Torch.Native;
using Spex.Torch.Safetensors;
using Spex.Torch.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Spex.Torch.Sentiment;

/// <summary>A trained sentiment model: its vocabulary and its network, kept together in one safetensors file.</summary>
/// <remarks>Weights are stored as IEEE halves and computed with as float32. Whoever makes a model disposes it, after the value functions that use it.</remarks>
public sealed class SentimentModel : IDisposable
{
    private const string BuiltInResource = "Spex.Torch.Weights.sentiment.safetensors";
    private const string VocabularyTensor = "vocabulary";
    private const string HeadsEntry = "heads";

    /// <summary>Makes a model that owns <paramref name="network"/>; its weights are rounded to halves, as they will be in a file.</summary>
    internal SentimentModel(Vocabulary vocabulary, SentimentNetwork network)
        : this(vocabulary, network, "")
    {
        using (no_grad())
        using (NewDisposeScope())
        {
            foreach (Parameter parameter in network.parameters())
            {
                parameter.copy_(parameter.to_type(ScalarType.Float16).to_type(ScalarType.Float32));
            }
        }

        using MemoryStream content = new();
        Writer().Write(content);
        Hash = HashOf(content.ToArray());
    }

    private SentimentModel(Vocabulary vocabulary, SentimentNetwork network, string hash)
    {
        Vocabulary = vocabulary;
        Network = network;
        Hash = hash;
        network.eval();
    }

    /// <summary>The words it knows.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>The first 16 hexadecimal digits of its file's SHA-256: same hash, same model.</summary>
    public string Hash { get; }

    /// <summary>Where it runs.</summary>
    public Device Device => Network.Device;

    internal SentimentNetwork Network { get; }

    /// <summary>The model that is shipped with this library.</summary>
    /// <param name="device">Where it runs; null for the processor.</param>
    /// <exception cref="SpexException">libtorch cannot be loaded.</exception>
    public static SentimentModel LoadBuiltIn(Device? device = null)
    {
        using Stream stream = typeof(SentimentModel).Assembly.GetManifestResourceStream(BuiltInResource)
            ?? throw new SpexException("This build has no built-in model: src/Spex.Torch/Weights/sentiment.safetensors was missing. Train one: spex train sentiment --data DIR.");
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        using SafetensorsFile file = SafetensorsFile.Read(content, "the built-in model");
        return From(file, HashOf(content), device);
    }

    /// <summary>Reads a model from a file that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where it runs; null for the processor.</param>
    /// <exception cref="SpexInputException">The file is missing, damaged, or holds another model.</exception>
    /// <exception cref="SpexException">libtorch cannot be loaded.</exception>
    public static SentimentModel Open(string path, Device? device = null)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return From(file, HashOf(File.ReadAllBytes(path)), device);
    }

    /// <summary>Writes the model to a file: weights and vocabulary.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public void Save(string path) => Writer().Save(path);

    /// <summary>The logits (negative, positive) of word ids; words that are switched off have id <see cref="Vocabulary.Mask"/>. The plain forward pass.</summary>
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
            float[] logits = Network.forward(tensor(row, 1, row.Length, device: Device)).cpu().data<float>().ToArray();
            return (logits[0], logits[1]);
        }
    }

    /// <summary>Frees the network's tensors.</summary>
    public void Dispose() => Network.Dispose();

    private static SentimentModel From(SafetensorsFile file, string hash, Device? device)
    {
        TorchRuntime.EnsureLoaded();
        file.Require(VocabularyTensor, -1);
        Vocabulary vocabulary = new(Encoding.UTF8.GetString(file.Bytes(VocabularyTensor)).Split('\n'));
        SafetensorsEntry local = file.Require("local_weight", -1, -1);
        SafetensorsEntry feed = file.Require("feed1_weight", -1, -1);
        SafetensorsEntry embedding = file.Require("embedding", vocabulary.Count, -1);
        int dimension = (int)embedding.Shape[1];
        if (!file.Metadata.TryGetValue(HeadsEntry, out string? text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int heads)
            || heads < 1
            || dimension % heads != 0
            || dimension % 8 != 0
            || local.Shape[1] % dimension != 0
            || (local.Shape[1] / dimension) != SentimentNetworkShape.Taps)
        {
            throw new SpexInputException($"'{file.Name}' is no sentiment model of this program: its number of heads, its embedding and its local layer do not fit together.");
        }

        SentimentNetwork network = new(new SentimentNetworkShape(vocabulary.Count, dimension, (int)local.Shape[0], heads, (int)feed.Shape[0]), device: device);
        try
        {
            using (no_grad())
            using (NewDisposeScope())
            {
                foreach ((string name, Parameter parameter) in network.named_parameters())
                {
                    file.Require(name, parameter.shape);
                    parameter.copy_(tensor(file.ReadSingles(name), parameter.shape));
                }
            }

            return new SentimentModel(vocabulary, network, hash);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private SafetensorsWriter Writer()
    {
        SafetensorsWriter writer = new();
        writer.AddMetadata(HeadsEntry, Network.Shape.Heads.ToString(CultureInfo.InvariantCulture));
        byte[] words = Encoding.UTF8.GetBytes(string.Join('\n', Vocabulary.Words));
        writer.Add(VocabularyTensor, SafetensorsType.U8, [words.Length], words);
        foreach ((string name, Parameter parameter) in Network.named_parameters())
        {
            using Tensor weights = parameter.cpu();
            writer.AddHalves(name, parameter.shape, weights.data<float>().ToArray());
        }

        return writer;
    }

    private static string HashOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content))[..16];
}
