using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.GpuCheck.Kernels;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Tests.Kernels;

/// <summary>The check must be able to fail: primitives that are wrong on one device in each of the ways it looks for.</summary>
public sealed class KernelCheckTests : IDisposable
{
    private readonly IlgpuDevice _device = IlgpuDevice.OpenSimulator(2);
    private int _runs;

    public void Dispose()
    {
        Assert.Equal(0, _device.LiveBuffers);
        _device.Dispose();
    }

    [Fact]
    public void A_right_primitive_passes() => Assert.Equal(Outcome.Passed, Check((memory, output) => Write(memory, output, 5)).Outcome);

    [Fact]
    public void A_wrong_number_fails() =>
        Fails("x[0] of 2 is 6 instead of 5", (memory, output) => Write(memory, output, IsDevice(memory) ? 6 : 5));

    [Fact]
    public void A_number_that_is_not_written_fails() =>
        Fails("it was never written", (memory, output) =>
        {
            DeviceBuffer<int> buffer = memory.Poisoned<int>(2);
            if (!IsDevice(memory))
            {
                buffer.CopyFrom([5, 5]);
            }

            output.Take("x", buffer);
        });

    [Fact]
    public void A_second_run_that_differs_fails()
    {
        // The difference is within the tolerance: only a race explains it.
        CheckResult result = Check((memory, output) => output.Take("x", [1 + (IsDevice(memory) ? 1e-9 * _runs++ : 0)]), 1e-5);
        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.StartsWith("the second run differs from the first", result.Detail);
    }

    [Fact]
    public void A_primitive_that_throws_fails() =>
        Fails("InvalidOperationException: broken", (memory, output) =>
        {
            Write(memory, output, 5);
            if (IsDevice(memory))
            {
                throw new InvalidOperationException("broken");
            }
        });

    [Fact]
    public void Kernels_that_no_case_reaches_fail()
    {
        CheckResult fresh = KernelCoverage.Check(_device);
        Assert.Equal(Outcome.Failed, fresh.Outcome);
        Assert.Contains("IlgpuMasks._uniform", fresh.Detail);
    }

    [Fact]
    public void Memory_that_no_kernel_has_written_is_poisoned()
    {
        _device.PoisonsMemory = true;
        using DeviceBuffer<ulong> buffer = _device.Allocate<ulong>(3);
        ulong[] content = new ulong[3];
        buffer.CopyTo(content);
        Assert.All(content, word => Assert.Equal(ulong.MaxValue, word));
    }

    private static void Write(CaseMemory memory, CaseOutput output, int value)
    {
        DeviceBuffer<int> buffer = memory.Poisoned<int>(2);
        buffer.CopyFrom([value, 5]);
        output.Take("x", buffer);
    }

    private static bool IsDevice(CaseMemory memory) => memory.Device is not CpuDevice;

    private void Fails(string expected, Action<CaseMemory, CaseOutput> run)
    {
        CheckResult result = Check(run);
        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains(expected, result.Detail);
    }

    private CheckResult Check(Action<CaseMemory, CaseOutput> run, double tolerance = 0)
    {
        CheckReport report = new(TextWriter.Null, "device", "description", isSimulated: true);
        new KernelCheck(_device, report).Run([new KernelCase("family", "case", tolerance, run)]);
        CheckResult result = Assert.Single(report.Checks);
        Assert.Equal(result.Outcome == Outcome.Failed ? 1 : 0, report.ExitCode);
        return result;
    }
}
