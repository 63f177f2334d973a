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
using Spex.Torch.Native;
using Spex.Torch.Questions;
using Spex.Torch.Sentiment;
using Spex.Torch.Tests.Images;
using Spex.Torch.Tests.Sentiment;
using Spex.Torch.Tests.Text;
using Spex.Torch.Tests.Tokenizers;
using Spex.Torch.Text;
using Spex.Torch.TorchScript;
using TorchSharp;

namespace Spex.Torch.Tests.Devices;

/// <summary>Models and kernels on one memory: every value function gives the processor's values in torch's memory on another device, and neither masks nor values come to the host.</summary>
public abstract class TorchValueFunctionTests : IDisposable
{
    private const string Sentence = "Her acting never fails to impress, it was not bad at all!";
    private const string Prompt = "A is in the. Q a the?";

    private readonly TemporaryFolder _folder = new();
    private readonly List<IDisposable> _owned = [];
    private readonly IlgpuDevice _device;
    private readonly TorchMemory _memory;

    private protected TorchValueFunctionTests(IlgpuDevice device)
    {
        _device = device;
        _memory = TorchMemory.Attach(device, out string? whyNot)!;
        Assert.Null(whyNot);
    }

    /// <summary>Values differ by at most this share of the largest.</summary>
    private protected virtual double Tolerance => 1e-5;

    /// <summary>The same where there are convolutions.</summary>
    private protected virtual double ConvolutionTolerance => Tolerance;

    public void Dispose()
    {
        Assert.Equal(0, _device.LiveBuffers);
        _device.Dispose();
        _owned.Reverse();
        _owned.ForEach(one => one.Dispose());
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(600)]
    public void The_built_in_kind_of_model(int words) => Check(device => new SentimentValueFunction(Own(TestModels.Random(device: device)), TestModels.Text(words)));

    [Theory]
    [InlineData(TextRemoval.Mask, "bert", null)]
    [InlineData(TextRemoval.Neutral, "bert", null)]
    [InlineData(TextRemoval.Delete, "distilbert", null)]
    [InlineData(TextRemoval.Attention, "distilbert", null)]
    [InlineData(TextRemoval.Mask, "bert", 5)]
    [InlineData(TextRemoval.Neutral, "bert", 4)]
    [InlineData(TextRemoval.Delete, "bert", 5)]
    [InlineData(TextRemoval.Delete, "bert", 30)]
    [InlineData(TextRemoval.Attention, "bert", 4)]
    public void Classifiers_of_texts(TextRemoval removal, string fixture, int? window)
    {
        string folder = Own(TextModels.Encoder(fixture)).FullName;
        TextParts parts = TextParts.Split(Sentence, TextUnit.Word, ["never fails"]);
        ClassifierTextOptions options = new("LABEL_1", window is null ? ClassMeasure.Margin : ClassMeasure.Probability, removal, "new filler1", window);
        Check(device => Own(TextModel.Open(folder, device: device)).Classify(parts, options));
    }

    [Theory]
    [InlineData("llama", TextRemoval.Delete, Prompt, null)]
    [InlineData("llama", TextRemoval.Delete, Prompt, "A is")]
    [InlineData("gpt2", TextRemoval.Neutral, Prompt, "A is")]
    [InlineData("llama", TextRemoval.Attention, Prompt, "?")]

    // Longer than what is batched by its exact length.
    [InlineData("llama", TextRemoval.Delete, "A is B C D E F G H I J K L M N O P Q R S T U V W X Y Z", "A is")]
    public void Answers_of_language_models(string fixture, TextRemoval removal, string prompt, string? keep)
    {
        string folder = Own(TextModels.Decoder(fixture)).FullName;
        TextParts parts = TextParts.Split(prompt, TextUnit.Word, keep is null ? null : [keep]);
        Check(device => Own(TextModel.Open(folder, device: device)).Answer(parts, new AnswerTextOptions("answer", "an", Removal: removal, Neutral: "an")));
    }

    [Fact]
    public void Attention_heads()
    {
        ModelFolder folder = ModelFolder.Open(TokenizerFixture.FolderOf("llama3"));
        QuestionSet questions = new([.. Enumerable.Range(0, 3).Select(i => new PreparedQuestion([7, 1, 30 + i, 2, 9, i], new ContinuationTree([[i, 3], [9], [20 + i, 4, 7]]), i))], "three");
        Check(device => new HeadValueFunction(Own(folder.Load<DecoderModel>(device: device)), questions, new HeadValueOptions([1, 2], HeadMeasure.Margin)));
    }

    [Fact]
    public void Pictures()
    {
        string file = new ReferenceResNet(1).Save(_folder["model.safetensors"]);
        RgbImage picture = TestImages.Noise(32, 32);
        Check(device => new ImageValueFunction(Own(CifarResNet.Open(file, device)), picture, ImageSegments.Grid(32, 32, 3, 3)), ConvolutionTolerance);
    }

    [Fact]
    public void TorchScript_modules()
    {
        TorchScriptModule Open(string name, torch.Device device) => Own(TorchScriptModule.Open(Path.Combine(AppContext.BaseDirectory, "Fixtures", "torchscript", name), device));
        Table table = Table.Read(_folder.Write("a.csv", "a,b,c,d\n1,2,3,4\n0,1,5,2\n2,2,2,2\n"));
        Check(device => TorchScriptValueFunction.OfMasks(Open("masks.pt", device), 6));
        Check(device => TorchScriptValueFunction.OfTokens(Open("tokens.pt", device), [1, 2, 3, 4, 5, 6], 7, "1"));
        Check(device => new TorchScriptTableValueFunction(Open("table.pt", device), table.Row(1), TableBackground.Medoids(table, 2), "1"));
    }

    [Fact]
    public void The_built_in_model_from_masks_to_spectrum() =>
        Same(device => new SentimentValueFunction(Own(SentimentModel.LoadBuiltIn(device)), Sentence), new ExplainerSettings { Method = "lime", Budget = 300 });

    [Fact]
    public void A_language_model_from_masks_to_spectrum()
    {
        string folder = Own(TextModels.Decoder()).FullName;
        TextParts parts = TextParts.Split(Prompt, TextUnit.Word);
        Same(device => Own(TextModel.Open(folder, device: device)).Answer(parts, new AnswerTextOptions("answer", Removal: TextRemoval.Delete)), new ExplainerSettings { Method = "exact" });
    }

    /// <summary>The processor's explanation, within what values differ by; of the values 4 bytes come to the host, once, and of masks none.</summary>
    private void Same<TFunction>(Func<torch.Device, TFunction> make, ExplainerSettings settings)
        where TFunction : ITorchValueFunction, IDisposable
    {
        using CpuDevice processor = new(1);
        Spectrum expected = new Explainer(processor).Explain(Own(make(torch.CPU)), settings, cancel: TestContext.Current.CancellationToken).Spectrum;
        Explanation actual = new Explainer(_device).Explain(Own(make(_memory.Device)), settings, cancel: TestContext.Current.CancellationToken);
        double largest = expected.Terms.Max(term => Math.Abs(term.Coefficient));
        Assert.All(expected.Terms.Concat(actual.Spectrum.Terms).Select(term => term.Set).Distinct(), set => Assert.Equal(expected[set], actual.Spectrum[set], Tolerance * largest));
        Assert.Equal(4 * actual.Run.Ablations, _device.Transfers.ToHost["Single"].Bytes);
        Assert.DoesNotContain("UInt64", _device.Transfers.ToHost.Keys);
    }

    /// <summary>Values of the same masks on the processor and on the device, which makes them itself: all there are of few features, else some.</summary>
    private void Check<TFunction>(Func<torch.Device, TFunction> make, double? tolerance = null)
        where TFunction : ITorchValueFunction, IDisposable
    {
        using CpuDevice processor = new(1);
        float[] expected = Evaluate(Own(make(torch.CPU)), processor), actual = Evaluate(Own(make(_memory.Device)), _device);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, (tolerance ?? Tolerance) * Math.Max(1, expected.Max(Math.Abs))));
        Assert.True(expected.Distinct().Count() > 1);

        // The values that were asked for, and nothing before.
        Assert.Equal((4 * expected.Length, 1), ((int)_device.Transfers.ToHost["Single"].Bytes, _device.Transfers.ToHost["Single"].Copies));
        Assert.Equal(["Single"], _device.Transfers.ToHost.Keys);
        Assert.DoesNotContain("Single", _device.Transfers.ToDevice.Keys);
        Assert.DoesNotContain("UInt64", _device.Transfers.ToDevice.Keys);
        _device.Transfers.Clear();
    }

    private static float[] Evaluate(ITorchValueFunction function, Device device)
    {
        int n = function.FeatureCount;
        MaskDesign design = n < 8 ? new ExhaustiveDesign(n) : new UniformDesign(n, 1, 2, 60);
        int count = (int)design.Count;
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * MaskMatrix.WordsFor(n));
        using DeviceBuffer<float> values = device.Allocate<float>(count + 3);
        device.Masks.Generate(design, 0, count, packed);
        values.Fill(byte.MaxValue);
        function.Evaluate(new MaskBatch(packed, count, n, 0), values, TestContext.Current.CancellationToken);
        float[] host = new float[count];
        values.CopyTo(host);
        return host;
    }

    private T Own<T>(T one)
        where T : IDisposable
    {
        _owned.Add(one);
        return one;
    }

    /// <summary>ILGPU's CPU accelerator, whose memory is the host's.</summary>
    public sealed class OnSimulator() : TorchValueFunctionTests(IlgpuDevice.OpenSimulator(2));

    /// <summary>CUDA, where a libtorch with CUDA is.</summary>
    public sealed class OnCuda() : TorchValueFunctionTests(Open())
    {
        // Sums in another order.
        private protected override double Tolerance => 1e-4;

        // cuDNN multiplies in TF32, whose numbers have 10 bits.
        private protected override double ConvolutionTolerance => 1e-2;

        private static IlgpuDevice Open()
        {
            TorchRuntime.EnsureLoaded();
            Assert.SkipUnless(torch.cuda.is_available(), $"{TorchRuntime.Description} has no CUDA here.");
            return IlgpuDevice.OpenCuda(0);
        }
    }
}
