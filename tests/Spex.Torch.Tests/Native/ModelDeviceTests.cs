using Spex.Torch.Native;
using TorchSharp;

namespace Spex.Torch.Tests.Native;

public sealed class ModelDeviceTests
{
    [Fact]
    public void Without_CUDA_models_run_on_the_processor_and_it_is_said_where_more_was_asked_for()
    {
        TorchRuntime.EnsureLoaded();
        Assert.SkipWhen(torch.cuda.is_available(), "There is CUDA here.");
        foreach (string quiet in (string[])["auto", "cpu"])
        {
            Assert.Equal(DeviceType.CPU, ModelDevice.Of(quiet, out string? none).type);
            Assert.Null(none);
        }

        foreach (string asked in (string[])["cuda", "cuda:1", "opencl:0", "cuda:0,cuda:1"])
        {
            Assert.Equal(DeviceType.CPU, ModelDevice.Of(asked, out string? remark).type);
            Assert.Contains(asked, remark, StringComparison.Ordinal);
        }
    }
}
