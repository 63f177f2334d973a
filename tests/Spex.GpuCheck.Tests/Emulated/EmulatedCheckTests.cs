using System.Diagnostics;

namespace Spex.GpuCheck.Tests.Emulated;

/// <summary>Every kernel, and whole explanations, as PTX by way of a CUDA driver, in a process of their own: ILGPU looks for its driver once.</summary>
public sealed class EmulatedCheckTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public async Task Kernels_and_explanations_are_right_and_free_of_races(string contraction)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "gpu-check"), ["--device", "cuda:1", "--sizes", "medium", "--parts", "kernels,explanations"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["LD_LIBRARY_PATH"] = EmulatedDriver.Folder,
                ["SPEX_EMULATED_DEVICES"] = "2",
                ["SPEX_EMULATED_CONTRACTION"] = contraction,
            },
        };
        using Process check = Process.Start(start)!;
        Task<string> errors = check.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await check.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await errors;
        await check.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(check.ExitCode == 0 && (await errors).Length == 0, output);
        Assert.Contains("cuda:1: emulated CUDA device", output);
        Assert.Contains("its times mean nothing", output);
        Assert.Matches(@"\d{3} passed, 0 failed, 0 skipped", output);
    }
}
