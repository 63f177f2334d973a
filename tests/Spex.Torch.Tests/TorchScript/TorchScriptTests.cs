using System.Text.Json;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Tables;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Forward;
using Spex.Torch.Images;
using Spex.Torch.Tests.Images;
using Spex.Torch.TorchScript;

namespace Spex.Torch.Tests.TorchScript;

/// <summary>Modules that PyTorch saved (Fixtures/torchscript/make.py), and what PyTorch says they give.</summary>
public sealed class TorchScriptTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "torchscript");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_module_of_masks_gives_its_values()
    {
        using TorchScriptModule module = Open("masks");
        using TorchScriptValueFunction function = TorchScriptValueFunction.OfMasks(module, 6);
        (float[] inputs, float[] outputs, _) = Expected("masks");
        MaskMatrix masks = new(7, 6);
        for (int i = 0; i < inputs.Length; i++)
        {
            masks[i / 6, i % 6] = inputs[i] != 0;
        }

        float[] values = Evaluate(function, masks);
        Assert.All(outputs.Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(values, Evaluate(function, masks, threads: 3));
        Assert.Equal("the number that the module gives", function.Description);
    }

    [Theory]
    [InlineData(ClassMeasure.Logit)]
    [InlineData(ClassMeasure.Margin)]
    [InlineData(ClassMeasure.Probability)]
    public void A_row_is_explained_against_several_rows(ClassMeasure measure)
    {
        // Every row of the fixture is one mask of another: the row explained is the first, the background the second and third.
        (float[] inputs, float[] outputs, int classes) = Expected("table");
        string[] lines = [.. inputs.Chunk(4).Select(row => string.Join(',', row.Select(number => number.ToString("R"))))];
        Table table = Table.Read(_folder.Write("a.csv", $"a,b,c,d\n{string.Join('\n', lines[0])}\n"), backgroundPath: _folder.Write("b.csv", $"a,b,c,d\n{lines[1]}\n{lines[2]}\n"));
        using TorchScriptModule module = Open("table");
        using TorchScriptTableValueFunction function = new(module, table.Row(1), TableBackground.Medoids(table, 2), "1", measure);
        double Measure(int row)
        {
            float[] logits = outputs[(row * classes)..((row + 1) * classes)];
            return measure switch
            {
                ClassMeasure.Logit => logits[1],
                ClassMeasure.Margin => logits[1] - Math.Max(logits[0], logits[2]),
                _ => 1 / logits.Sum(logit => Math.Exp(logit - logits[1])),
            };
        }

        Assert.Equal(Measure(0), function.FullValue, 1e-5);
        Assert.Equal((Measure(1) + Measure(2)) / 2, function.EmptyValue, 1e-5);
        Assert.Contains($"the {measure.ToString().ToLowerInvariant()} of class 1; the module says class", function.Description);
    }

    [Fact]
    public void Absent_columns_have_the_backgrounds_numbers()
    {
        (float[] inputs, _, _) = Expected("table");
        using TorchScriptModule module = Open("table");
        Table table = Table.Read(_folder.Write("a.csv", "a,b,c,d\n1,2,3,4\n5,-6,0.5,0\n"));
        using TorchScriptTableValueFunction function = new(module, table.Row(1), TableBackground.Mean(table), "0");
        MaskMatrix masks = new(2, 4);
        masks.Row(0)[0] = 0b0101;
        masks.Row(1)[0] = 0b1110;
        float[] values = Evaluate(function, masks);
        double[][] rows = [[1, -2, 3, 2], [3, 2, 3, 4]];
        for (int row = 0; row < 2; row++)
        {
            using TorchScriptTableValueFunction mixed = new(module, rows[row], TableBackground.Mean(table), "0");
            Assert.Equal(mixed.FullValue, values[row], 1e-5);
        }
    }

    [Fact]
    public void Tokens_that_are_absent_become_the_mask_token()
    {
        (float[] inputs, float[] outputs, int classes) = Expected("tokens");
        int[][] rows = [.. inputs.Chunk(6).Select(row => row.Select(id => (int)id).ToArray())];
        using TorchScriptModule module = Open("tokens");
        using TorchScriptValueFunction function = TorchScriptValueFunction.OfTokens(module, rows[0], 7, "1");
        Assert.Equal(outputs[1], function.FullValue, 1e-5);
        MaskMatrix masks = new(1, 6);
        masks.Row(0)[0] = 0b010110;
        int[] masked = [.. rows[0].Select((id, i) => masks[0, i] ? id : 7)];
        using TorchScriptValueFunction expected = TorchScriptValueFunction.OfTokens(module, masked, 7, "1");
        Assert.Equal(expected.FullValue, Evaluate(function, masks)[0], 1e-6);
        Assert.Equal(2, classes);
    }

    [Fact]
    public void A_module_of_images_is_a_classifier()
    {
        (float[] inputs, float[] outputs, int classes) = Expected("image");
        using TorchScriptClassifier model = new(Open("image"), new ImagePreparation(null, null, ResampleFilter.Bilinear, [0, 0, 0], [1, 1, 1]), ["a", "b", "c", "d"]);
        using TorchSharp.torch.Tensor logits = model.Forward(TorchSharp.torch.tensor(inputs, 2, 3, 8, 8));
        Assert.All(outputs.Zip(logits.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        RgbImage picture = TestImages.Noise(20, 12);
        using ImageValueFunction function = new(model, picture, ImageSegments.Grid(20, 12, 5, 3), new ImageValueOptions("c"));
        Assert.Equal(15, function.FeatureCount);
        Assert.Equal(model.Logits([picture])[0][2], function.FullValue, 1e-5);
        Assert.Equal(4, classes);
    }

    [Fact]
    public void What_is_no_TorchScript_is_told()
    {
        byte[] whole = File.ReadAllBytes(Path.Combine(Fixtures, "masks.pt"));
        Assert.Contains("was made by torch.save, and such pickle files are not read", Refused(Path.Combine(Fixtures, "pickle.pt")));
        Assert.Contains("is no TorchScript file", Refused(_folder.Write("a.pt", "weights")));
        Assert.Contains("is no TorchScript file", Refused(_folder.Write("b.pt", "")));
        Assert.Contains("is damaged or cut short", Refused(_folder.Write("c.pt", whole[..(whole.Length / 2)])));
        Assert.Contains("There is no file", Refused(_folder["d.pt"]));
    }

    [Fact]
    public void What_a_module_throws_and_what_it_should_not_give_are_told()
    {
        using TorchScriptModule masks = Open("masks"), throws = Open("throws"), table = Open("table"), tokens = Open("tokens");

        // Throws on some masks only: found when they come.
        string thrown = Assert.Throws<SpexException>(() => TorchScriptValueFunction.OfMasks(throws, 3)).Message;
        Assert.Contains("throws.pt throws on [64, 3] Float32: ", thrown);
        Assert.Contains("at least two features must be present", thrown);
        Assert.DoesNotContain("frame #", thrown);

        // Seven features for a module of six, logits where there are none, ids beyond the vocabulary, a class beyond the last.
        Assert.Contains("throws on [1, 7] Float32", Assert.Throws<SpexException>(() => TorchScriptValueFunction.OfMasks(masks, 7)).Message);
        Assert.Contains("there are no classes", Assert.Throws<SpexInputException>(() => TorchScriptValueFunction.OfMasks(masks, 6, "1")).Message);
        Assert.Contains("a margin could be taken", Assert.Throws<SpexInputException>(() => TorchScriptValueFunction.OfMasks(masks, 6, measure: ClassMeasure.Margin)).Message);
        Assert.Contains("throws on [1, 2] Int64", Assert.Throws<SpexException>(() => TorchScriptValueFunction.OfTokens(tokens, [3, 20], 0)).Message);
        Assert.Contains("a number from 0 to 2", Assert.Throws<SpexInputException>(() => TorchScriptValueFunction.OfMasks(table, 4, "3")).Message);
        Assert.Contains("There are no token ids", Assert.Throws<SpexInputException>(() => TorchScriptValueFunction.OfTokens(tokens, [], 0)).Message);

        // Float rows for a module of ids.
        Assert.Contains("throws on [1, 4] Float32", Assert.Throws<SpexException>(() => TorchScriptValueFunction.OfMasks(tokens, 4)).Message);
    }

    [Fact]
    public void Modules_that_give_no_values_or_other_values_each_time_are_refused()
    {
        string Refused(string name)
        {
            using TorchScriptModule module = Open(name);
            return Assert.Throws<SpexException>(() => TorchScriptValueFunction.OfMasks(module, 3)).Message;
        }

        Assert.Contains("gives Int64 numbers; floating-point ones are needed", Refused("classes"));
        Assert.Contains("gives [1, 3, 1] for [1, 3]", Refused("cube"));
        Assert.Contains("must give one tensor", Refused("tuple"));
        Assert.Contains("gives other numbers when it is run again", Refused("dropout"));
    }

    private static TorchScriptModule Open(string name) => TorchScriptModule.Open(Path.Combine(Fixtures, $"{name}.pt"));

    private static string Refused(string path) => Assert.Throws<SpexInputException>(() => TorchScriptModule.Open(path)).Message;

    private static (float[] Inputs, float[] Outputs, int Columns) Expected(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixtures, "expected.json")));
        JsonElement entry = document.RootElement.GetProperty(name);
        float[] inputs = entry.GetProperty("inputs").Deserialize<float[]>()!;
        JsonElement outputs = entry.GetProperty("outputs");
        if (outputs[0].ValueKind == JsonValueKind.Number)
        {
            return (inputs, outputs.Deserialize<float[]>()!, 1);
        }

        float[][] rows = outputs.Deserialize<float[][]>()!;
        return (inputs, [.. rows.SelectMany(row => row)], rows[0].Length);
    }

    private static float[] Evaluate(IValueFunction function, MaskMatrix masks, int threads = 1)
    {
        using CpuDevice device = new(threads);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(masks.Words.Length);
        using DeviceBuffer<float> values = device.Allocate<float>(masks.RowCount);
        packed.CopyFrom(masks.Words);
        function.Evaluate(new MaskBatch(packed, masks.RowCount, masks.FeatureCount, 0), values, TestContext.Current.CancellationToken);
        return values.Span.ToArray();
    }
}
