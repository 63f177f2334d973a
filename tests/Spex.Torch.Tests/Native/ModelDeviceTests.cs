using Spex.Torch.Native;
using TorchSharp;

namespace Spex.Torch.Tests.Native;

public sealed class ModelDeviceTests
{
    [Fact]
    public void Without_CUDA_models_run_on_the_processor_and_it_is_said_of_devices_that_torch_does_not_know()
    {
        TorchRuntime.EnsureLoaded();
        Assert.SkipWhen(torch.cuda.is_available(), "There is CUDA here.");
        foreach (string quiet in (string[])["auto", "CPU", "cuda", "CUDA:1", "cuda:0,cuda:1"])
        {
            Assert.Equal(DeviceType.CPU, ModelDevice.Of(quiet, out string? none).type);
            Assert.Null(none);
        }

        Assert.Equal(DeviceType.CPU, ModelDevice.Of("opencl:0", out string? remark).type);
        Assert.Contains("opencl:0", remark, StringComparison.Ordinal);
    }
}
