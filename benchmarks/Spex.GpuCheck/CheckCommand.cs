using Spex.Core;
using Spex.Engine.Devices.Ilgpu;
using Spex.GpuCheck.Explanations;
using Spex.GpuCheck.Kernels;
using Spex.GpuCheck.Results;
using Spex.GpuCheck.Timings;
using Spex.GpuCheck.Torch;

namespace Spex.GpuCheck;

/// <summary>The command: opens the device, makes the checks and measurements, tells what it found.</summary>
internal static class CheckCommand
{
    private const string Simulator = "simulator";

    // Threads of a group on the simulator: a thread of the system each.
    private const int SimulatorThreads = 2;

    private static readonly string[] Parts = ["kernels", "explanations", "torch", "timings"];

    /// <summary>Runs it.</summary>
    /// <param name="arguments">--device cuda[:i]|opencl[:i]|simulator, --parts a,b, --json FILE.</param>
    /// <param name="output">Takes what it says.</param>
    /// <param name="errors">Takes why it did not run.</param>
    /// <returns>0 when every check passed or was skipped, 1 when one failed, 2 when the arguments were wrong or there is no such device.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        try
        {
            (string name, string[] parts, string? json) = Parse(arguments);
            using IlgpuDevice device = Open(name);
            device.PoisonsMemory = true;
            bool isSimulated = name == Simulator;
            CheckReport report = new(output, device.Name, device.Description, isSimulated);
            Check(device, () => Open(name), isSimulated ? CheckSizes.Small : CheckSizes.Full, parts, report);
            report.WriteSummary();
            if (json is not null)
            {
                using FileStream file = File.Create(json);
                report.WriteJson(file);
            }

            return report.ExitCode;
        }
        catch (SpexInputException error)
        {
            errors.WriteLine(error.Message);
            return 2;
        }
    }

    private static void Check(IlgpuDevice device, Func<IlgpuDevice> open, CheckSizes sizes, string[] parts, CheckReport report)
    {
        foreach (string part in parts)
        {
            report.Begin(part);
            switch (part)
            {
                case "kernels":
                    new KernelCheck(device, report).Run(KernelCheck.Cases(sizes));
                    report.Add(KernelCoverage.Check(device, sizes.OutOfReach));
                    break;
                case "explanations":
                    new ExplanationCheck(device, report).Run(sizes);
                    break;
                case "torch":
                    TorchCheck.Run(open, sizes, report);
                    break;
                default:
                    DeviceClock clock = new(device, sizes);
                    Limits limits = Limits.Measure(device, sizes, clock, report);
                    new KernelTimings(device, sizes, clock, limits, report).Run();
                    new DecodeTimings(device, sizes, report).Run();
                    break;
            }
        }
    }

    private static IlgpuDevice Open(string name)
    {
        string[] parts = name.Split(':');
        int index = parts.Length == 2 && int.TryParse(parts[1], out int number) ? number : 0;
        return parts[0] switch
        {
            Simulator => IlgpuDevice.OpenSimulator(SimulatorThreads),
            "cuda" => IlgpuDevice.OpenCuda(index),
            "opencl" => IlgpuDevice.OpenOpenCL(index),
            _ => throw new SpexInputException($"There is no device {name}; give --device cuda[:i], opencl[:i] or {Simulator}."),
        };
    }

    private static (string Device, string[] Parts, string? Json) Parse(string[] arguments)
    {
        (string device, string[] parts, string? json) = ("cuda", Parts, null);
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length
                ? arguments[i + 1]
                : throw new SpexInputException($"{arguments[i]} needs a value. Options: --device cuda[:i]|opencl[:i]|{Simulator}, --parts {string.Join(',', Parts)}, --json FILE.");
            switch (arguments[i])
            {
                case "--device":
                    device = value;
                    break;
                case "--json":
                    json = value;
                    break;
                case "--parts":
                    parts = value.Split(',');
                    if (parts.FirstOrDefault(part => !Parts.Contains(part)) is { } unknown)
                    {
                        throw new SpexInputException($"There is no part {unknown}; parts are {string.Join(", ", Parts)}.");
                    }

                    break;
                default:
                    throw new SpexInputException($"There is no option {arguments[i]}; options are --device, --parts and --json.");
            }
        }

        return (device, parts, json);
    }
}
