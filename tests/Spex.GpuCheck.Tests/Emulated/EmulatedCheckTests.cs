using Spex.Tests;

namespace Spex.GpuCheck.Tests.Emulated;

/// <summary>Every kernel, and whole explanations, as PTX by way of a CUDA driver.</summary>
public sealed class EmulatedCheckTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public async Task Kernels_and_explanations_are_right_and_free_of_races(string contraction)
    {
        (int exitCode, string output) = await EmulatedCuda.Run(
            "gpu-check",
            ["--device", "cuda:1", "--sizes", "medium", "--parts", "kernels,explanations"],
            ("SPEX_EMULATED_DEVICES", "2"),
            ("SPEX_EMULATED_CONTRACTION", contraction));
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("emulated CUDA:", output);
        Assert.Contains("cuda:1: emulated CUDA device", output);
        Assert.Contains("its times mean nothing", output);
        Assert.Matches(@"\d{3} passed, 0 failed, 0 skipped", output);
    }
}
