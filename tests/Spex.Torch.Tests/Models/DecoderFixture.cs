using System.Text.Json;
using Spex.Torch.Models;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Models;

/// <summary>A tiny decoder that the reference implementation saved, and what it must give.</summary>
internal sealed class DecoderFixture : IDisposable
{
    private DecoderFixture(string name, ScalarType compute)
    {
        Model = ModelFolder.Open(FolderOf(name)).Load<DecoderModel>(compute);

        // The same weights under other names: the same values.
        using FileStream file = File.OpenRead(Path.Combine(FolderOf(name == "gpt2-hub" ? "gpt2" : name), "expected.json"));
        using JsonDocument document = JsonDocument.Parse(file);
        Expected = document.RootElement.Clone();
        int[] lengths = Expected.GetProperty("lengths").Deserialize<int[]>()!;
        Padded = Expected.GetProperty("input_ids").Deserialize<int[][]>()!;
        Sequences = [.. Padded.Zip(lengths, (row, length) => row[..length])];
        Logits = Expected.GetProperty("logits").Deserialize<float[][][]>()!;
        Continuations = [.. Expected.GetProperty("continuations").EnumerateArray().Select(one => new Continuation(
            Sequences[one.GetProperty("sequence").GetInt32()][..one.GetProperty("prompt_length").GetInt32()],
            one.GetProperty("continuation_ids").Deserialize<int[]>()!,
            one.GetProperty("log_prob").GetDouble()))];
    }

    public static IReadOnlyList<string> Names { get; } =
        ["gpt2", "gpt2-hub", "gpt2-untied", "llama", "llama3", "llama-linear", "qwen2", "qwen2-bf16", "mistral", "mistral-sliding"];

    public DecoderModel Model { get; }

    public JsonElement Expected { get; }

    public int[][] Padded { get; }

    public int[][] Sequences { get; }

    public float[][][] Logits { get; }

    public Continuation[] Continuations { get; }

    public static DecoderFixture Open(string name, ScalarType compute = ScalarType.Float32) => new(name, compute);

    public static string FolderOf(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public void Dispose() => Model.Dispose();

    public sealed record Continuation(int[] Prompt, int[] Tokens, double LogProbability);
}
