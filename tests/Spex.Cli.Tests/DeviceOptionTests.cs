using Spex.Cli.Commands;
using Spex.Core.Games;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Sentiment;

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
