using System.Text.RegularExpressions;
using Spex.Tests;

namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>The tests of CUDA devices on the emulated driver. Trees take too long there; `gpu-check` has them.</summary>
public sealed class EmulatedTests
{
    [Theory]
    [InlineData(nameof(CudaBufferTests), nameof(CudaMaskTests), nameof(CudaValueTests), nameof(CudaSignMatrixTests), nameof(PrimaryContextTests))]
    [InlineData(nameof(CudaHadamardTests))]
    [InlineData(nameof(CudaCodeTests), nameof(CudaSpexTests))]
    [InlineData(nameof(CudaRegressionTests), nameof(CudaSparseRegressionTests), nameof(Decoding.CudaRidgeRegressionTests))]
    public async Task Devices_pass_as_PTX(params string[] classes)
    {
        (int exitCode, string output) = await EmulatedCuda.Run(
            typeof(EmulatedTests).Assembly.GetName().Name!, [.. classes.SelectMany(name => new[] { "-class", $"*.{name}" }), "-noColor"]);
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("emulated CUDA:", output);
        Match summary = Regex.Match(output, @"Total: (\d+), Errors: 0, Failed: 0, Skipped: 0", RegexOptions.None, TimeSpan.FromSeconds(10));
        Assert.True(summary.Success && int.Parse(summary.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) >= 2 * classes.Length, output);
    }
}
