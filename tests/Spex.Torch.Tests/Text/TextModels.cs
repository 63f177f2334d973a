using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Tests.Tokenizers;

namespace Spex.Torch.Tests.Text;

/// <summary>The fixtures' tiny models with small tokenizers of their own, as folders.</summary>
internal static class TextModels
{
    private static readonly string[] Words =
    [
        "the", "film", "was", "not", "bad", "at", "all", "her", "acting", "never", "fails", "to", "impress", "a", "good", "dull", "plot", ".", ",", "!", "?", "is", "it", "one", "two", "answer", ":", "##s", "##ed", "new",
    ];

    /// <summary>An encoder's folder with a vocab.txt as large as its embedding.</summary>
    public static TemporaryFolder Encoder(string fixture = "bert", bool hasMask = true)
    {
        TemporaryFolder folder = Copy(fixture);
        string[] special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", hasMask ? "[MASK]" : "none"];
        folder.Write("vocab.txt", string.Join('\n', special.Concat(Words).Concat(Enumerable.Range(0, 199 - special.Length - Words.Length).Select(i => $"filler{i}"))));
        return folder;
    }

    /// <summary>A decoder's folder with a llama2.c tokenizer as large as its embedding: letters, bytes of none.</summary>
    public static TemporaryFolder Decoder(string fixture = "llama")
    {
        TemporaryFolder folder = Copy(fixture);
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write(5);
        string[] pieces = ["<unk>", "\n<s>\n", "\n</s>\n", .. Enumerable.Range(' ', 95).Select(letter => ((char)letter).ToString()), "\n", " a", " t", "he", " the", " i", "in", "an", " an", " answer"];
        for (int id = 0; id < 128; id++)
        {
            byte[] form = System.Text.Encoding.UTF8.GetBytes(id < pieces.Length ? pieces[id] : $"filler{id}");
            writer.Write(id < 99 ? 0f : -id);
            writer.Write(form.Length);
            writer.Write(form);
        }

        File.WriteAllBytes(folder["tokenizer.bin"], bytes.ToArray());
        return folder;
    }

    /// <summary>Masks of mixed densities; the first has all features, the second none.</summary>
    public static MaskMatrix RandomMasks(int rows, int features)
    {
        MaskMatrix masks = new(rows, features);
        for (int row = 0; row < rows; row++)
        {
            for (int feature = 0; feature < features; feature++)
            {
                double density = row == 0 ? 1 : row == 1 ? 0 : Philox.Uniform(3, 0, (ulong)row);
                masks[row, feature] = Philox.Uniform(3, (ulong)row + 1, (ulong)feature) < density;
            }
        }

        return masks;
    }

    public static float[] Evaluate(IValueFunction function, MaskMatrix masks, int threads = 1)
    {
        using CpuDevice device = new(threads);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(masks.Words.Length);
        using DeviceBuffer<float> values = device.Allocate<float>(masks.RowCount);
        packed.CopyFrom(masks.Words);
        function.Evaluate(new MaskBatch(packed, masks.RowCount, masks.FeatureCount, 0), values, TestContext.Current.CancellationToken);
        float[] result = new float[masks.RowCount];
        values.CopyTo(result);
        return result;
    }

    private static TemporaryFolder Copy(string fixture)
    {
        TemporaryFolder folder = new();
        foreach (string file in Directory.EnumerateFiles(TokenizerFixture.FolderOf(fixture)))
        {
            File.Copy(file, folder[Path.GetFileName(file)]);
        }

        return folder;
    }
}
