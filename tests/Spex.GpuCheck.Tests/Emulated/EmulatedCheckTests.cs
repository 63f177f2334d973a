using Spex.Tests;

namespace Spex.GpuCheck.Tests.Emulated;

/// <summary>Every kernel, and whole explanations, as PTX by way of a CUDA driver.</summary>
public sealed class EmulatedCheckTests
{
    [Theory]
    [InlineData("cuda:0", "0")]
    [InlineData("cuda:1", "1")]
    public async Task Kernels_and_explanations_are_right_and_free_of_races(string device, string contraction)
    {
        (int exitCode, string output) = await EmulatedCuda.Run(
            "gpu-check",
            ["--device", device, "--sizes", "medium", "--parts", "kernels,explanations"],
            ("SPEX_EMULATED_DEVICES", "2"),
            ("SPEX_EMULATED_CONTRACTION", contraction));
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("emulated CUDA:", output);
        Assert.Contains($"{device}: emulated CUDA device", output);
        Assert.Contains("its times mean nothing", output);
        Assert.Matches(@"\d{3} passed, 0 failed, 0 skipped", output);
    }

    [Fact]
    public async Task A_single_device_is_not_checked_with_another_and_the_reason_is_told()
    {
        (int exitCode, string output) = await EmulatedCuda.Run(
            "gpu-check", ["--device", "cuda:0", "--sizes", "small", "--parts", "explanations"], ("SPEX_EMULATED_DEVICES", "1"));
        Assert.True(exitCode == 0, output);
        Assert.Contains("together with another device: There is no other device than cuda:0: the driver lists one.", output);
        Assert.Contains("1 passed, 0 failed, 1 skipped", output);
    }
}
