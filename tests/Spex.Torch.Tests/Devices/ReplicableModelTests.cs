using System.Runtime.InteropServices;
using Spex.Core;
using Spex.Core.Tables;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Heads;
using Spex.Torch.Images;
using Spex.Torch.Models;
using Spex.Torch.Native;
using Spex.Torch.Questions;
using Spex.Torch.Sentiment;
using Spex.Torch.Tests.Images;
using Spex.Torch.Tests.Text;
using Spex.Torch.Tests.Tokenizers;
using Spex.Torch.Text;
using Spex.Torch.TorchScript;
using TorchSharp;

namespace Spex.Torch.Tests.Devices;

/// <summary>One model on several devices, each with its own copy: the values of one device, bit for bit, and no mask by way of the host.</summary>
public sealed class ReplicableModelTests : IDisposable
{
    private const string Sentence = "Her acting never fails to impress, it was not bad at all!";

    private readonly TemporaryFolder _folder = new();
    private int _opened;
    private int _closed;
    private int _most = int.MaxValue;

    public ReplicableModelTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    public void The_built_in_model(bool simulated, int count) =>
        Check(simulated, count, SentimentModel.LoadBuiltIn, model => new SentimentValueFunction(model, Sentence));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_classifier_of_texts(bool simulated)
    {
        using TemporaryFolder folder = TextModels.Encoder("distilbert");
        TextParts parts = TextParts.Split(Sentence, TextUnit.Word, null);
        Check(simulated, 2, device => TextModel.Open(folder.FullName, device: device), model => model.Classify(parts, new ClassifierTextOptions("LABEL_1", Removal: TextRemoval.Delete)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_language_models_own_answer(bool simulated)
    {
        using TemporaryFolder folder = TextModels.Decoder();
        TextParts parts = TextParts.Split("A is in the. Q a the?", TextUnit.Word, ["A is"]);
        Check(simulated, 3, device => TextModel.Open(folder.FullName, device: device), model => model.Answer(parts, new AnswerTextOptions(Removal: TextRemoval.Delete)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Attention_heads(bool simulated)
    {
        ModelFolder folder = ModelFolder.Open(TokenizerFixture.FolderOf("llama3"));
        QuestionSet questions = new([.. Enumerable.Range(0, 3).Select(i => new PreparedQuestion([7, 1, 30 + i, 2, 9, i], new ContinuationTree([[i, 3], [9], [20 + i, 4, 7]]), i))], "three");
        Check(simulated, 2, device => folder.Load<DecoderModel>(device: device), model => new HeadValueFunction(model, questions, new HeadValueOptions([1, 2], HeadMeasure.Margin)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pictures(bool simulated)
    {
        string file = new ReferenceResNet(1).Save(_folder["model.safetensors"]);
        RgbImage picture = TestImages.Noise(32, 32);
        Check(simulated, 2, device => CifarResNet.Open(file, device), model => new ImageValueFunction(model, picture, ImageSegments.Grid(32, 32, 3, 3)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TorchScript_modules(bool simulated)
    {
        Table table = Table.Read(_folder.Write("a.csv", "a,b,c,d\n1,2,3,4\n0,1,5,2\n2,2,2,2\n"));
        Check(simulated, 2, Opening("masks.pt"), module => TorchScriptValueFunction.OfMasks(module, 6));
        Check(simulated, 2, Opening("tokens.pt"), module => TorchScriptValueFunction.OfTokens(module, [1, 2, 3, 4, 5, 6], 7, "1"));
        Check(simulated, 2, Opening("table.pt"), module => new TorchScriptTableValueFunction(module, table.Row(1), TableBackground.Medoids(table, 2), "1"));
    }

    [Fact]
    public void A_copy_without_memory_halves_the_parts_of_all()
    {
        using CpuDevice one = new(1), first = new(1), second = new(1);
        ExplainerSettings settings = new() { Method = "exact" };
        using ReplicableModel<Counted<TorchScriptModule>, InParts> function = Make(Opening("masks.pt"), module => TorchScriptValueFunction.OfMasks(module, 6));
        Explanation expected = Explain(one, function, settings);
        _most = 4;
        Explanation actual;
        using (MultiDeviceValueFunction several = new(function, [first, second]))
        {
            _most = int.MaxValue;
            actual = Explain(first, several, settings);
        }

        Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
        Assert.Equal([InParts.Size, InParts.Size / 2], (int[])[actual.Run.BatchSize, .. actual.Run.PlanChanges.Select(change => change.BatchSize)]);
    }

    [Fact]
    public void A_copy_that_explains_something_else_is_refused()
    {
        using CpuDevice first = new(1), second = new(1);
        int made = 0;
        using (ReplicableModel<Counted<TorchScriptModule>, InParts> function = Make(
            Opening("tokens.pt"), module => TorchScriptValueFunction.OfTokens(module, [1, 2, 3, 4, 5, 6], 7, made++ == 0 ? "0" : "1")))
        {
            SpexException error = Assert.Throws<SpexException>(() => new MultiDeviceValueFunction(function, [first, second]));
            Assert.Contains("The model says something else on cpu than on cpu", error.Message, StringComparison.Ordinal);
            Assert.Equal((2, 1), (_opened, _closed));
        }

        Assert.Equal(2, _closed);
    }

    [Fact]
    public void A_model_whose_function_cannot_be_made_is_freed()
    {
        Assert.Throws<SpexInputException>(() => Make(Opening("tokens.pt"), module => TorchScriptValueFunction.OfTokens(module, [1, 2], 7, "many")));
        Assert.Equal((1, 1), (_opened, _closed));
    }

    [Fact]
    public void A_model_for_which_there_is_no_memory_is_told_by_its_device()
    {
        DeviceMemoryException error = Assert.Throws<DeviceMemoryException>(() =>
            Make<TorchScriptModule>(_ => throw new NativeError("CUDA out of memory. Tried to allocate 2.00 GiB"), module => TorchScriptValueFunction.OfMasks(module, 6)));
        Assert.StartsWith("There is no memory for the model on cpu.", error.Message);
    }

    [Fact]
    public void On_several_gpus_each_has_the_model_in_its_own_memory()
    {
        int gpus = torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        Assert.SkipUnless(gpus > 1, $"{TorchRuntime.Description} has {gpus} GPUs here.");
        IlgpuDevice one = IlgpuDevice.OpenCuda(0);
        TorchMemory.Attach(one, out _);

        // The one that torch takes by default comes last.
        Compare(
            SentimentModel.LoadBuiltIn,
            model => new SentimentValueFunction(model, Sentence),
            one,
            [.. Enumerable.Range(0, gpus).Reverse().Select(number =>
            {
                IlgpuDevice device = IlgpuDevice.OpenCuda(number);
                Assert.NotNull(TorchMemory.Attach(device, out _));
                return device;
            })]);
    }

    /// <summary>Functions share a model that is the caller's; what other devices have of it is each function's own, and freed with it.</summary>
    [Fact]
    public void Several_functions_share_a_model()
    {
        using CpuDevice first = new(1), second = new(1);
        ExplainerSettings settings = new() { Method = "lime", Budget = 100, Validate = 20 };
        Counted<SentimentModel> model = new(SentimentModel.LoadBuiltIn(), this);
        foreach (string text in new[] { Sentence, "A dull film that goes nowhere" })
        {
            int opened = _opened;
            using ReplicableModel<Counted<SentimentModel>, InParts> function = new(
                model, device => new Counted<SentimentModel>(SentimentModel.LoadBuiltIn(device), this), own => new InParts(new SentimentValueFunction(own.Model, text), _most));
            Assert.Equal(opened, _opened);
            Explanation expected = Explain(first, function, settings);
            using (MultiDeviceValueFunction several = new(function, [first, second]))
            {
                Assert.Equal(opened + 1, _opened);
                Assert.Equal(expected.Spectrum.Terms, Explain(first, several, settings).Spectrum.Terms);
            }

            Assert.Equal(_opened - 1, _closed);
        }

        model.Dispose();
        Assert.Equal((3, 3), (_opened, _closed));
    }

    private static Func<torch.Device, TorchScriptModule> Opening(string name) => device => TorchScriptModule.Open(Path.Combine(AppContext.BaseDirectory, "Fixtures", "torchscript", name), device);

    private static Device Open(bool simulated)
    {
        if (!simulated)
        {
            return new CpuDevice(1);
        }

        IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        Assert.NotNull(TorchMemory.Attach(device, out _));
        return device;
    }

    private void Check<TModel>(bool simulated, int count, Func<torch.Device, TModel> open, Func<TModel, ITorchValueFunction> explain)
        where TModel : IDisposable =>
        Compare(open, explain, Open(simulated), [.. Enumerable.Range(0, count).Select(_ => Open(simulated))]);

    /// <summary>The bits of one device on several; each has one copy, which is freed; masks stay where they are made, and values come back from all but the first.</summary>
    private void Compare<TModel>(Func<torch.Device, TModel> open, Func<TModel, ITorchValueFunction> explain, Device one, Device[] devices)
        where TModel : IDisposable
    {
        (_opened, _closed) = (0, 0);
        ExplainerSettings settings = new() { Method = "lime", Budget = 100, Validate = 20 };
        using (ReplicableModel<Counted<TModel>, InParts> function = Make(open, explain, one))
        {
            Explanation expected = Explain(one, function, settings);
            (devices[0] as IlgpuDevice)?.Transfers.Clear();
            using ReplicableModel<Counted<TModel>, InParts> original = Make(open, explain, devices[0]);
            using (MultiDeviceValueFunction several = new(original, devices))
            {
                Assert.Equal(1 + devices.Length, _opened);
                Explanation actual = Explain(devices[0], several, settings);
                Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
                Assert.Equal(expected.Faithfulness, actual.Faithfulness);
                Assert.Equal(expected.Run.Fingerprint, actual.Run.Fingerprint);
                Assert.Empty(actual.Run.PlanChanges);
            }

            Assert.Equal(devices.Length - 1, _closed);
        }

        Assert.Equal(_opened, _closed);
        IlgpuDevice[] accelerators = [.. devices.OfType<IlgpuDevice>()];
        Assert.All(accelerators, device => Assert.DoesNotContain("UInt64", device.Transfers.ToHost.Keys));
        Assert.All(accelerators.Skip(1), device =>
        {
            Assert.Equal(["Single"], device.Transfers.ToHost.Keys);
            Assert.DoesNotContain("UInt64", device.Transfers.ToDevice.Keys);
            Assert.DoesNotContain("Single", device.Transfers.ToDevice.Keys);
        });
        if (accelerators.Length > 0)
        {
            Assert.Equal(accelerators.Skip(1).Sum(device => device.Transfers.ToHost["Single"].Bytes), accelerators[0].Transfers.ToDevice["Single"].Bytes);
        }

        Assert.All(devices.Append(one), device =>
        {
            Assert.Equal(0, device.LiveBuffers);
            device.Dispose();
        });
    }

    private ReplicableModel<Counted<TModel>, InParts> Make<TModel>(Func<torch.Device, TModel> open, Func<TModel, ITorchValueFunction> explain, Device? device = null)
        where TModel : IDisposable =>
        new((device is null ? null : TorchMemory.Of(device)?.Device) ?? torch.CPU, place => new Counted<TModel>(open(place), this), model => new InParts(explain(model.Model), _most));

    private static Explanation Explain(Device device, IValueFunction function, ExplainerSettings settings) =>
        new Explainer(device).Explain(function, settings, cancel: TestContext.Current.CancellationToken);

    /// <summary>A model whose opening and closing is counted.</summary>
    private sealed class Counted<TModel> : IDisposable
        where TModel : IDisposable
    {
        private readonly ReplicableModelTests _counts;

        public Counted(TModel model, ReplicableModelTests counts)
        {
            (Model, _counts) = (model, counts);
            counts._opened++;
        }

        public TModel Model { get; }

        public void Dispose()
        {
            Model.Dispose();
            _counts._closed++;
        }
    }

    /// <summary>A function that is evaluated in small batches, and has no memory for large ones.</summary>
    private sealed class InParts(ITorchValueFunction function, int most) : ITorchValueFunction, IDisposable
    {
        public const int Size = 8;

        public torch.Device ModelDevice => function.ModelDevice;

        public int FeatureCount => function.FeatureCount;

        public string Fingerprint => function.Fingerprint;

        public int PreferredBatchSize => Size;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
            if (masks.Count > most)
            {
                throw new NativeError("CUDA out of memory. Tried to allocate 2.00 GiB");
            }

            function.Evaluate(masks, values, cancel);
        }

        public void Dispose() => (function as IDisposable)?.Dispose();
    }

    /// <summary>As TorchSharp tells what libtorch threw.</summary>
    private sealed class NativeError(string message) : ExternalException(message);
}
