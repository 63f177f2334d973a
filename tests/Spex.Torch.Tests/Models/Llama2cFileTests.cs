using System.Runtime.InteropServices;
using System.Text;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Models;

public sealed class Llama2cFileTests
{
    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 4)]
    public void A_converted_model_computes_what_the_format_means(bool tied, int keyHeads)
    {
        using TemporaryFolder folder = new();
        Llama2cReference reference = Llama2cReference.Random(16, 24, 3, 4, keyHeads, 30, 12, tied, 5);
        File.WriteAllBytes(folder["model.bin"], reference.ToBytes());
        Llama2cFile.Convert(folder["model.bin"], folder["model"]);
        using DecoderModel model = ModelFolder.Open(folder["model"]).Load<DecoderModel>();
        int[] tokens = [3, 29, 0, 17, 17, 8, 21];
        using Tensor ids = model.Tokens(tokens);
        using Tensor logits = model.Forward(ids);
        double[] expected = reference.Logits(tokens);
        float[] got = DecoderModelTests.Numbers(logits);
        Assert.Equal(expected.Length, got.Length);
        Assert.All(expected.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 2e-5));
        Assert.Equal([2], model.EndTokens);
    }

    [Fact]
    public void A_file_that_is_cut_too_long_or_of_another_kind_is_told()
    {
        using TemporaryFolder folder = new();
        byte[] bytes = Llama2cReference.Random(16, 24, 1, 4, 2, 30, 12, true, 5).ToBytes();
        string Message(byte[] content)
        {
            string file = folder.Write("model.bin", content);
            return Assert.Throws<SpexInputException>(() => Llama2cFile.Convert(file, folder["model"])).Message;
        }

        Assert.Contains("is cut short", Message(bytes[..^4]));
        Assert.Contains("sizes ask for", Message([.. bytes, 0, 0, 0, 0]));
        Assert.Contains("is no model of llama2.c", Message(Encoding.ASCII.GetBytes("ak42 is the mark of its second format")));
        Assert.Contains("is no model of llama2.c", Message([1, 2, 3]));
        Assert.Contains("There is no file", Assert.Throws<SpexInputException>(() => Llama2cFile.Convert(folder["none"], folder["model"])).Message);
        Assert.False(Directory.Exists(folder["model"]));
    }

    [Fact]
    public void Stories260K_begins_its_story()
    {
        if (SharedFolder.Find("weights", "stories260K.bin") is not { } weights)
        {
            Assert.Skip("The weights of stories260K are not here.");
            return;
        }

        using TemporaryFolder folder = new();
        Llama2cFile.Convert(Path.Combine(weights, "stories260K.bin"), folder["model"]);
        using DecoderModel model = ModelFolder.Open(folder["model"]).Load<DecoderModel>();
        string[] pieces = Pieces(Path.Combine(weights, "tok512.bin"));
        string story = string.Concat(model.Greedy([1], 40, model.EndTokens).Select(token => pieces[token]));
        Assert.StartsWith("Once upon a time, there was a little girl named Lily.", story.TrimStart());
    }

    /// <summary>The pieces of llama2.c's tokenizer file: the longest piece's length, then score, length and bytes of each.</summary>
    private static string[] Pieces(string path)
    {
        using BinaryReader reader = new(File.OpenRead(path));
        _ = reader.ReadInt32();
        List<string> pieces = [];
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            _ = reader.ReadSingle();
            pieces.Add(Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32())));
        }

        return [.. pieces];
    }

    /// <summary>llama2.c's forward pass as its format means it, in float64 and one token after the other.</summary>
    private sealed class Llama2cReference
    {
        private readonly int[] _header;
        private readonly float[] _weights;

        private Llama2cReference(int[] header, float[] weights) => (_header, _weights) = (header, weights);

        public static Llama2cReference Random(int dim, int hidden, int layers, int heads, int keyHeads, int vocabulary, int context, bool tied, int seed)
        {
            int keys = dim / heads * keyHeads;
            int count = (vocabulary * dim * (tied ? 1 : 2)) + (layers * ((2 * dim) + (2 * dim * dim) + (2 * keys * dim) + (3 * hidden * dim))) + dim + (context * dim / heads);
            Random random = new(seed);
            float[] weights = [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 1.2) - 0.5))];
            return new Llama2cReference([dim, hidden, layers, heads, keyHeads, tied ? vocabulary : -vocabulary, context], weights);
        }

        public byte[] ToBytes() => [.. MemoryMarshal.AsBytes<int>(_header), .. MemoryMarshal.AsBytes<float>(_weights)];

        public double[] Logits(int[] tokens)
        {
            (int dim, int hidden, int layers, int heads, int keyHeads, int vocabulary) = (_header[0], _header[1], _header[2], _header[3], _header[4], Math.Abs(_header[5]));
            int size = dim / heads, keys = size * keyHeads, at = 0;
            int Skip(int count) => (at += count) - count;
            int embedding = Skip(vocabulary * dim), norm1 = Skip(layers * dim), wq = Skip(layers * dim * dim), wk = Skip(layers * keys * dim), wv = Skip(layers * keys * dim);
            int wo = Skip(layers * dim * dim), norm2 = Skip(layers * dim), w1 = Skip(layers * hidden * dim), w2 = Skip(layers * dim * hidden), w3 = Skip(layers * hidden * dim), norm3 = Skip(dim);
            _ = Skip(_header[6] * size);
            int output = _header[5] > 0 ? embedding : Skip(vocabulary * dim);
            List<double[]>[] pastKeys = [.. Enumerable.Range(0, layers).Select(_ => new List<double[]>())], pastValues = [.. Enumerable.Range(0, layers).Select(_ => new List<double[]>())];
            List<double> logits = [];
            for (int position = 0; position < tokens.Length; position++)
            {
                double[] x = [.. Enumerable.Range(0, dim).Select(i => (double)_weights[embedding + (tokens[position] * dim) + i])];
                for (int layer = 0; layer < layers; layer++)
                {
                    double[] normed = Norm(x, norm1 + (layer * dim));
                    double[] query = Turn(Times(wq + (layer * dim * dim), dim, normed), size, position);
                    pastKeys[layer].Add(Turn(Times(wk + (layer * keys * dim), keys, normed), size, position));
                    pastValues[layer].Add(Times(wv + (layer * keys * dim), keys, normed));
                    double[] joined = new double[dim];
                    for (int head = 0; head < heads; head++)
                    {
                        int keyHead = head / (heads / keyHeads);
                        double[] scores = [.. pastKeys[layer].Select(key => Math.Exp(Enumerable.Range(0, size).Sum(i => query[(head * size) + i] * key[(keyHead * size) + i]) / Math.Sqrt(size)))];
                        for (int i = 0; i < size; i++)
                        {
                            joined[(head * size) + i] = scores.Zip(pastValues[layer], (score, value) => score * value[(keyHead * size) + i]).Sum() / scores.Sum();
                        }
                    }

                    x = Plus(x, Times(wo + (layer * dim * dim), dim, joined));
                    normed = Norm(x, norm2 + (layer * dim));
                    double[] gate = Times(w1 + (layer * hidden * dim), hidden, normed), up = Times(w3 + (layer * hidden * dim), hidden, normed);
                    x = Plus(x, Times(w2 + (layer * dim * hidden), dim, [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)]));
                }

                logits.AddRange(Times(output, vocabulary, Norm(x, norm3)));
            }

            return [.. logits];
        }

        private static double[] Plus(double[] a, double[] b) => [.. a.Zip(b, (p, q) => p + q)];

        private double[] Norm(double[] x, int weight)
        {
            double scale = 1 / Math.Sqrt(x.Average(value => value * value) + 1e-5);
            return [.. x.Select((value, i) => _weights[weight + i] * value * scale)];
        }

        private double[] Times(int matrix, int rows, double[] x) =>
            [.. Enumerable.Range(0, rows).Select(row => x.Select((value, i) => _weights[matrix + (row * x.Length) + i] * value).Sum())];

        private static double[] Turn(double[] x, int size, int position)
        {
            double[] turned = new double[x.Length];
            for (int i = 0; i < x.Length; i += 2)
            {
                double angle = position * Math.Pow(10000, -(double)(i % size) / size), cos = Math.Cos(angle), sin = Math.Sin(angle);
                turned[i] = (x[i] * cos) - (x[i + 1] * sin);
                turned[i + 1] = (x[i] * sin) + (x[i + 1] * cos);
            }

            return turned;
        }
    }
}
