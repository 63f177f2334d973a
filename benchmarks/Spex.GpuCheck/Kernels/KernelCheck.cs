using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Kernels;

/// <summary>Every primitive on a device against the processor: random inputs, many sizes, poisoned outputs, each twice.</summary>
internal sealed class KernelCheck(Device device, CheckReport report)
{
    /// <summary>All cases.</summary>
    public static IEnumerable<KernelCase> Cases(CheckSizes sizes) =>
        [.. MaskCases.All(sizes), .. ValueCases.All(sizes), .. HadamardCases.All(sizes), .. SignMatrixCases.All(sizes), .. CodeCases.All(sizes), .. RegressionCases.All(sizes), .. TreeCases.All(sizes)];

    /// <summary>Runs cases.</summary>
    public void Run(IEnumerable<KernelCase> cases)
    {
        using CpuDevice processor = new();
        foreach (KernelCase one in cases)
        {
            report.Add(Check(one, processor));
        }
    }

    private CheckResult Check(KernelCase one, CpuDevice processor)
    {
        string part = $"kernels: {one.Family}";
        try
        {
            CaseOutput expected = Output(one, processor), first = Output(one, device), second = Output(one, device);
            string? wrong = first.DiffersFrom(expected, one.Tolerance), again = second.DiffersFrom(first, 0);
            return (wrong, again) switch
            {
                (null, null) => new CheckResult(part, one.Name, Outcome.Passed, ""),
                ({ } reason, _) => new CheckResult(part, one.Name, Outcome.Failed, reason),
                (_, { } reason) => new CheckResult(part, one.Name, Outcome.Failed, $"the second run differs from the first: {reason}"),
            };
        }
#pragma warning disable CA1031 // Whatever a kernel dies of, the other kernels are checked and the report says it.
        catch (Exception error)
        {
            return new CheckResult(part, one.Name, Outcome.Failed, $"{error.GetType().Name}: {error.Message}");
        }
#pragma warning restore CA1031
    }

    private static CaseOutput Output(KernelCase one, Device on)
    {
        using CaseMemory memory = new(on);
        CaseOutput output = new();
        one.Run(memory, output);
        return output;
    }
}
