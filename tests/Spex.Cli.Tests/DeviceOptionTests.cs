using Spex.Cli.Commands;
using Spex.Cli.Tests.Architecture;
using Spex.Core;
using Spex.Core.Games;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Native;
using Spex.Torch.Sentiment;
using TorchSharp;

namespace Spex.Cli.Tests;

public sealed class DeviceOptionTests
{
    [Fact]
    public void Devices_are_listed_with_the_reason_for_those_that_are_missing()
    {
        SpexRun run = SpexRun.Of("devices");
        Assert.Equal((0, ""), (run.Code, run.Error));
        foreach (DeviceListing device in DeviceCatalog.List())
        {
            string line = Assert.Single(run.Output.Split('\n'), line => line.StartsWith(device.Name + ":", StringComparison.Ordinal));
            Assert.Equal(device.WhyNot is not null, line.Contains("not usable", StringComparison.Ordinal));
            Assert.EndsWith(device.WhyNot ?? "", line);
        }
    }

    [Fact]
    public void Kernels_share_memory_with_models_that_torch_runs_and_with_no_other_function()
    {
        using IlgpuDevice accelerator = IlgpuDevice.OpenSimulator(2), other = IlgpuDevice.OpenSimulator(2);
        using CpuDevice processor = new(1);
        using SentimentModel model = SentimentModel.LoadBuiltIn();
        using SentimentValueFunction function = new(model, "never fails");
        Assert.Null(ChosenDevices.ShareMemory(function, processor));
        Assert.Null(ChosenDevices.ShareMemory(function, accelerator));
        Assert.NotNull(TorchMemory.Of(accelerator));
        Assert.Null(ChosenDevices.ShareMemory(new GameValueFunction(new TableGame([0, 1, 2, 4])), other));
        Assert.Null(TorchMemory.Of(other));
    }

    [Fact]
    public void Where_a_model_on_cuda_shares_no_memory_with_the_kernels_the_engine_goes_to_the_processor()
    {
        const string WhyNot = "Models and kernels share no memory on cuda:0: the driver refused.";
        IlgpuDevice left = IlgpuDevice.OpenSimulator(2);
        using (Device settled = ChosenDevices.Settle(new ModelOn(new torch.Device(DeviceType.CUDA, 0)), left, WhyNot, 1))
        {
            Assert.Equal(1, Assert.IsType<CpuDevice>(settled).Threads);
        }

        using IlgpuDevice kept = IlgpuDevice.OpenSimulator(2);
        Assert.Same(kept, ChosenDevices.Settle(new ModelOn(new torch.Device(DeviceType.CUDA, 0)), kept, null, 1));
        Assert.Same(kept, ChosenDevices.Settle(new ModelOn(torch.CPU), kept, WhyNot, 1));
        Assert.Same(kept, ChosenDevices.Settle(new GameValueFunction(new TableGame([0, 1, 2, 4])), kept, WhyNot, 1));
    }

    [Fact]
    public void A_model_on_several_devices_shares_the_memory_of_each_or_is_refused()
    {
        TorchRuntime.EnsureLoaded();
        ModelOn model = new(torch.CPU);
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2);
        ChosenDevices.ShareMemoryOfEach(model, [first, second]);
        Assert.NotNull(TorchMemory.Of(first));
        Assert.NotNull(TorchMemory.Of(second));

        using IlgpuDevice third = IlgpuDevice.OpenSimulator(2, name: "cuda:2"), fourth = IlgpuDevice.OpenSimulator(2, name: "cuda:3");
        ChosenDevices.ShareMemoryOfEach(new GameValueFunction(new TableGame([0, 1, 2, 4])), [third, fourth]);
        Assert.Null(TorchMemory.Of(third));
        Assert.SkipWhen(torch.cuda.is_available(), "There is CUDA here.");
        SpexInputException error = Assert.Throws<SpexInputException>(() => ChosenDevices.ShareMemoryOfEach(model, [third, fourth]));
        Assert.Equal(
            $"Models and kernels share no memory on cuda:2: this libtorch has no CUDA ({TorchRuntime.Description}), so models run on the processor; SPEX_LIBTORCH names one that has. "
            + "A model on 2 devices needs that on each. Name one device, such as --device cuda:2.",
            error.Message);
    }

    [Theory]
    [InlineData("text", "never fails")]
    [InlineData("torchscript", "tests/Spex.Torch.Tests/Fixtures/torchscript/masks.pt", "--features", "6")]
    public void Where_there_is_no_cuda_one_line_says_so_of_several_devices(params string[] verb)
    {
        Assert.SkipWhen(DeviceCatalog.List().Any(device => device.Name == "cuda:0"), "There is CUDA here.");
        SpexRun run = SpexRun.Of(["explain", .. verb.Select(word => word.StartsWith("tests/", StringComparison.Ordinal) ? Path.Combine(Repository.Root, word) : word), "--device", "cuda:0,cuda:1"]);
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith("spex: CUDA cannot be used: ", run.Error);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void A_program_runs_on_one_device()
    {
        SpexRun run = SpexRun.Of("explain", "command", "--features", "3", "--device", "cuda:0,cuda:1,cuda:2", "--", "cat");
        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Equal("spex: A program runs on one device, and --device names 3. Name one, such as --device cuda:0.\n", run.Error);
    }

    /// <summary>A function whose model is said to be somewhere.</summary>
    private sealed class ModelOn(torch.Device device) : ITorchValueFunction
    {
        public torch.Device ModelDevice => device;

        public int FeatureCount => 2;

        public string Fingerprint => "a model";

        public int PreferredBatchSize => 1;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => values.Fill(0);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:x")]
    [InlineData("cuda:0,1")]
    [InlineData("cpu:1")]
    [InlineData("cuda:0,cuda:0")]
    public void An_unknown_device_is_a_wrong_argument(string device)
    {
        SpexRun run = SpexRun.Of("explain", "text", "good", "--device", device);
        Assert.Equal(2, run.Code);
        Assert.StartsWith($"spex: --device is one of auto, cpu, cuda, cuda:i, opencl, opencl:i, or several of one kind such as cuda:0,cuda:1; got {device}.\n", run.Error);
    }

    [Theory]
    [InlineData("cuda:1000")]
    [InlineData("opencl:1000")]
    public void A_device_that_is_not_there_is_a_wrong_argument_and_one_line_says_why(string device)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, """{"n":2,"values":[0,1,2,4]}""");
        try
        {
            SpexRun run = SpexRun.Of("explain", "game", file, "--device", device, "--quiet");
            Assert.Equal((2, ""), (run.Code, run.Output));
            Assert.StartsWith("spex: ", run.Error);
            Assert.Contains("`spex devices`", run.Error);
            Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
