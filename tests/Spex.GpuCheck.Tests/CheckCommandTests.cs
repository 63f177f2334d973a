using System.Text.Json;
using Spex.Core;
using Spex.Engine.Devices.Ilgpu;

namespace Spex.GpuCheck.Tests;

public class CheckCommandTests
{
    [Fact]
    public void The_whole_check_runs_on_the_simulator_and_writes_what_it_found()
    {
        string json = Path.Combine(Path.GetTempPath(), $"spex-gpu-check-{Guid.NewGuid():N}.json");
        try
        {
            StringWriter output = new(), errors = new();
            int code = CheckCommand.Run(["--device", "simulator", "--json", json], output, errors);
            Assert.True(code == 0, output.ToString());
            Assert.Empty(errors.ToString());
            Assert.Contains("its times mean nothing", output.ToString());
            Assert.Matches(@"\d+ passed, 0 failed, \d+ skipped; \d+ of \d+ targets missed\s*$", output.ToString());

            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
            JsonElement[] checks = [.. document.RootElement.GetProperty("checks").EnumerateArray()];
            Assert.All(checks, check => Assert.NotEqual("FAILED", check.GetProperty("outcome").GetString()));
            string[] parts = [.. checks.Select(check => check.GetProperty("part").GetString()!).Distinct()];
            Assert.Equal(
                [
                    "kernels: masks", "kernels: values", "kernels: Hadamard", "kernels: sign matrix", "kernels: codes", "kernels: regression", "kernels: trees", "kernels",
                    "explanations", "torch", "kernels: masks in torch's memory", "kernels: Hadamard in torch's memory",
                ],
                parts);
            Assert.True(document.RootElement.GetProperty("simulated").GetBoolean());
            Assert.All(document.RootElement.GetProperty("measurements").EnumerateArray(), number => Assert.True(number.GetProperty("value").GetDouble() > 0));
        }
        finally
        {
            File.Delete(json);
        }
    }

    [Theory]
    [InlineData("There is no device tpu", "--device", "tpu")]
    [InlineData("--json needs a value", "--json")]
    [InlineData("There is no part speed", "--parts", "kernels,speed")]
    [InlineData("There is no option --fast", "--fast", "1")]
    public void Wrong_arguments_are_answered(string expected, params string[] arguments)
    {
        StringWriter output = new(), errors = new();
        Assert.Equal(2, CheckCommand.Run(arguments, output, errors));
        Assert.Contains(expected, errors.ToString());
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void A_machine_without_CUDA_is_told_why()
    {
        try
        {
            using IlgpuDevice device = IlgpuDevice.OpenCuda(0);
            Assert.Skip("There is a CUDA device.");
        }
        catch (SpexInputException missing)
        {
            StringWriter errors = new();
            Assert.Equal(2, CheckCommand.Run([], TextWriter.Null, errors));
            Assert.Equal(missing.Message, errors.ToString().Trim());
        }
    }
}
