using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Core.Tables;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Heads;
using Spex.Torch.Images;
using Spex.Torch.Models;
using Spex.Torch.Questions;
using Spex.Torch.Sentiment;
using Spex.Torch.Tests.Images;
using Spex.Torch.Tests.Models;
using Spex.Torch.Tests.Sentiment;
using Spex.Torch.Tests.Text;
using Spex.Torch.Text;
using Spex.Torch.TorchScript;

namespace Spex.Torch.Tests.Devices;

/// <summary>Models and kernels on one memory: in torch's memory on ILGPU's CPU accelerator every value function gives the processor's values, and neither masks nor values come to the host.</summary>
public sealed class TorchValueFunctionTests : IDisposable
{
    private const string Sentence = "Her acting never fails to impress, it was not bad at all!";

    private readonly TemporaryFolder _folder = new();
    private readonly IlgpuDevice _device = IlgpuDevice.OpenSimulator(2);

    public TorchValueFunctionTests() => Assert.NotNull(TorchMemory.Attach(_device, out _));

    public void Dispose()
    {
        Assert.Equal(0, _device.LiveBuffers);
        _device.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(600)]
    public void The_built_in_kind_of_model(int words)
    {
        using SentimentModel model = TestModels.Random();
        using SentimentValueFunction function = new(model, TestModels.Text(words));
        Check(function);
    }

    [Theory]
    [InlineData(TextRemoval.Mask, "bert")]
    [InlineData(TextRemoval.Neutral, "bert")]
    [InlineData(TextRemoval.Delete, "distilbert")]
    [InlineData(TextRemoval.Attention, "distilbert")]
    public void Classifiers_of_texts(TextRemoval removal, string fixture)
    {
        using TemporaryFolder folder = TextModels.Encoder(fixture);
        using TextModel model = TextModel.Open(folder.FullName);
        using ClassifierTextFunction function = model.Classify(
            TextParts.Split(Sentence, TextUnit.Word, ["never fails"]), new ClassifierTextOptions("LABEL_1", ClassMeasure.Margin, removal, "new filler1"));
        Check(function);
    }

    [Theory]
    [InlineData("llama", TextRemoval.Delete, "A is in the. Q a the?", null)]
    [InlineData("llama", TextRemoval.Delete, "A is in the. Q a the?", "A is")]
    [InlineData("gpt2", TextRemoval.Neutral, "A is in the. Q a the?", "A is")]
    [InlineData("llama", TextRemoval.Attention, "A is in the. Q a the?", "?")]

    // Longer than what is batched by its exact length.
    [InlineData("llama", TextRemoval.Delete, "A is B C D E F G H I J K L M N O P Q R S T U V W X Y Z", "A is")]
    public void Answers_of_language_models(string fixture, TextRemoval removal, string prompt, string? keep)
    {
        using TemporaryFolder folder = TextModels.Decoder(fixture);
        using TextModel model = TextModel.Open(folder.FullName);
        using AnswerTextFunction function = model.Answer(TextParts.Split(prompt, TextUnit.Word, keep is null ? null : [keep]), new AnswerTextOptions("answer", "an", Removal: removal, Neutral: "an"));
        Check(function);
    }

    [Theory]
    [InlineData(TextRemoval.Mask, 5)]
    [InlineData(TextRemoval.Neutral, 4)]
    [InlineData(TextRemoval.Delete, 5)]
    [InlineData(TextRemoval.Delete, 30)]
    [InlineData(TextRemoval.Attention, 4)]
    public void Texts_read_in_windows(TextRemoval removal, int size)
    {
        using TemporaryFolder folder = TextModels.Encoder();
        using TextModel model = TextModel.Open(folder.FullName);
        using ClassifierTextFunction function = model.Classify(
            TextParts.Split(Sentence, TextUnit.Word), new ClassifierTextOptions("LABEL_1", ClassMeasure.Probability, removal, "new filler1", size));
        Check(function);
    }

    [Fact]
    public void Attention_heads()
    {
        using DecoderFixture fixture = DecoderFixture.Open("llama3");
        QuestionSet questions = new([.. Enumerable.Range(0, 3).Select(i => new PreparedQuestion(fixture.Sequences[i][..6], new ContinuationTree([[i, 3], [9], [20 + i, 4, 7]]), i))], "three");
        using HeadValueFunction function = new(fixture.Model, questions, new HeadValueOptions([1, 2], HeadMeasure.Margin));
        Check(function);
    }

    [Fact]
    public void Pictures()
    {
        using CifarResNet model = CifarResNet.Open(new ReferenceResNet(1).Save(_folder["model.safetensors"]));
        using ImageValueFunction function = new(model, TestImages.Noise(32, 32), ImageSegments.Grid(32, 32, 3, 3));
        Check(function);
    }

    [Fact]
    public void TorchScript_modules()
    {
        string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "torchscript", name);
        using TorchScriptModule masks = TorchScriptModule.Open(Fixture("masks.pt")), tokens = TorchScriptModule.Open(Fixture("tokens.pt")), rows = TorchScriptModule.Open(Fixture("table.pt"));
        using (TorchScriptValueFunction function = TorchScriptValueFunction.OfMasks(masks, 6))
        {
            Check(function);
        }

        using (TorchScriptValueFunction function = TorchScriptValueFunction.OfTokens(tokens, [1, 2, 3, 4, 5, 6], 7, "1"))
        {
            Check(function);
        }

        Table table = Table.Read(_folder.Write("a.csv", "a,b,c,d\n1,2,3,4\n0,1,5,2\n2,2,2,2\n"));
        using (TorchScriptTableValueFunction function = new(rows, table.Row(1), TableBackground.Medoids(table, 2), "1"))
        {
            Check(function);
        }
    }

    [Fact]
    public void The_built_in_model_from_masks_to_spectrum()
    {
        using SentimentModel model = SentimentModel.LoadBuiltIn();
        using SentimentValueFunction function = new(model, Sentence);
        Same(function, new ExplainerSettings { Method = "lime", Budget = 300 });
    }

    [Fact]
    public void A_language_model_from_masks_to_spectrum()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        using TextModel model = TextModel.Open(folder.FullName);
        using AnswerTextFunction function = model.Answer(TextParts.Split("A is in the. Q a the?", TextUnit.Word), new AnswerTextOptions("answer", Removal: TextRemoval.Delete));
        Same(function, new ExplainerSettings { Method = "exact" });
    }

    /// <summary>The processor's explanation, within what the same model's values differ by; of the values 4 bytes come to the host, once, and of masks none.</summary>
    private void Same(ITorchValueFunction function, ExplainerSettings settings)
    {
        using CpuDevice processor = new(1);
        Spectrum expected = new Explainer(processor).Explain(function, settings, cancel: TestContext.Current.CancellationToken).Spectrum;
        Explanation actual = new Explainer(_device).Explain(function, settings, cancel: TestContext.Current.CancellationToken);
        double largest = expected.Terms.Max(term => Math.Abs(term.Coefficient));
        Assert.All(expected.Terms.Concat(actual.Spectrum.Terms).Select(term => term.Set).Distinct(), set => Assert.Equal(expected[set], actual.Spectrum[set], 1e-5 * largest));
        Assert.Equal(4 * actual.Run.Ablations, _device.Transfers.ToHost["Single"].Bytes);
        Assert.DoesNotContain("UInt64", _device.Transfers.ToHost.Keys);
    }

    private void Check(ITorchValueFunction function)
    {
        (float[] expected, float[] actual) = Evaluate(function);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * Math.Max(1, expected.Max(Math.Abs))));
        Assert.True(expected.Distinct().Count() > 1);

        // The values that were asked for, and nothing before.
        Assert.Equal((4 * expected.Length, 1), ((int)_device.Transfers.ToHost["Single"].Bytes, _device.Transfers.ToHost["Single"].Copies));
        Assert.Equal(["Single"], _device.Transfers.ToHost.Keys);
        Assert.Empty(_device.Transfers.ToDevice);
        _device.Transfers.Clear();
    }

    /// <summary>Values of the same masks on the processor and on the device, which makes them itself: all there are of few features, else some.</summary>
    private (float[] Expected, float[] Actual) Evaluate(ITorchValueFunction function)
    {
        int n = function.FeatureCount;
        MaskDesign design = n < 8 ? new ExhaustiveDesign(n) : new UniformDesign(n, 1, 2, 60);
        int count = (int)design.Count;
        using CpuDevice processor = new(1);
        return (On(processor), On(_device));
        float[] On(Device device)
        {
            using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * MaskMatrix.WordsFor(n));
            using DeviceBuffer<float> values = device.Allocate<float>(count + 3);
            device.Masks.Generate(design, 0, count, packed);
            values.Fill(byte.MaxValue);
            function.Evaluate(new MaskBatch(packed, count, n, 0), values, TestContext.Current.CancellationToken);
            float[] host = new float[count];
            values.CopyTo(host);
            return host;
        }
    }
}
