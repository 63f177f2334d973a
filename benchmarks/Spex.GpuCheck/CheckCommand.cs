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

    // How the driver of tests/CudaEmulator calls its devices: times of theirs mean nothing.
    private const string Emulated = "emulated CUDA";

    // Threads of a group on the simulator: a thread of the system each.
    private const int SimulatorThreads = 2;

    private static readonly string[] Parts = ["kernels", "explanations", "torch", "timings"];

    /// <summary>Runs it.</summary>
    /// <param name="arguments">--device cuda[:i]|opencl[:i]|simulator, --parts a,b, --sizes full|medium|small, --json FILE.</param>
    /// <param name="output">Takes what it says.</param>
    /// <param name="errors">Takes why it did not run.</param>
    /// <returns>0 when every check passed or was skipped, 1 when one failed, 2 when the arguments were wrong or there is no such device.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        try
        {
            (string name, string[] parts, CheckSizes? given, string? json) = Parse(arguments);
            IlgpuDevice device = Open(name);
            int code = Run(device, name, parts, given, output, json);
            return TryClose(device, errors) ? code : Math.Max(code, 1);
        }
        catch (SpexInputException error)
        {
            errors.WriteLine(error.Message);
            return 2;
        }
    }

    private static int Run(IlgpuDevice device, string name, string[] parts, CheckSizes? given, TextWriter output, string? json)
    {
        device.PoisonsMemory = true;
        bool isSimulated = name == Simulator;
        CheckReport report = new(output, device.Name, device.Description, isSimulated || device.Description.StartsWith(Emulated, StringComparison.Ordinal));
        Check(device, name, given ?? (isSimulated ? CheckSizes.Small : CheckSizes.Full), parts, report);
        report.WriteSummary();
        if (json is not null)
        {
            using FileStream file = File.Create(json);
            report.WriteJson(file);
        }

        return report.ExitCode;
    }

    /// <summary>Closes the device, which after a kernel's fault refuses even that.</summary>
    private static bool TryClose(IlgpuDevice device, TextWriter errors)
    {
        try
        {
            device.Dispose();
            return true;
        }
#pragma warning disable CA1031 // Whatever a broken driver throws; the report is written.
        catch (Exception error)
        {
            errors.WriteLine($"{device.Name} could not be closed: {error.Message}");
            return false;
        }
#pragma warning restore CA1031
    }

    private static void Check(IlgpuDevice device, string name, CheckSizes sizes, string[] parts, CheckReport report)
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
                    new ExplanationCheck(device, () => OpenAnother(name), report).Run(sizes);
                    break;
                case "torch":
                    TorchCheck.Run(() => Open(name), sizes, report);
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
        (string kind, int index) = KindAndIndex(name);
        return kind switch
        {
            Simulator => IlgpuDevice.OpenSimulator(SimulatorThreads),
            "cuda" => IlgpuDevice.OpenCuda(index),
            "opencl" => IlgpuDevice.OpenOpenCL(index),
            _ => throw new SpexInputException($"There is no device {name}; give --device cuda[:i], opencl[:i] or {Simulator}."),
        };
    }

    /// <summary>Opens the next device of the kind, after the last the first.</summary>
    /// <exception cref="SpexInputException">There is no other.</exception>
    private static IlgpuDevice OpenAnother(string name)
    {
        if (name == Simulator)
        {
            return Open(name);
        }

        (string kind, int index) = KindAndIndex(name);
        if (kind != "cuda")
        {
            throw new SpexInputException($"Several devices are checked on CUDA and on the {Simulator}.");
        }

        int devices = CudaDriver.List().Length;
        return devices > 1 ? IlgpuDevice.OpenCuda((index + 1) % devices) : throw new SpexInputException($"There is no other device than {name}: the driver lists one.");
    }

    private static (string Kind, int Index) KindAndIndex(string name)
    {
        string[] parts = name.Split(':');
        return (parts[0], parts.Length == 2 && int.TryParse(parts[1], out int index) ? index : 0);
    }

    private static (string Device, string[] Parts, CheckSizes? Sizes, string? Json) Parse(string[] arguments)
    {
        (string device, string[] parts, CheckSizes? sizes, string? json) = ("cuda", Parts, null, null);
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = i + 1 < arguments.Length
                ? arguments[i + 1]
                : throw new SpexInputException($"{arguments[i]} needs a value. Options: --device cuda[:i]|opencl[:i]|{Simulator}, --parts {string.Join(',', Parts)}, --sizes full|medium|small, --json FILE.");
            switch (arguments[i])
            {
                case "--device":
                    device = value;
                    break;
                case "--json":
                    json = value;
                    break;
                case "--sizes":
                    sizes = value switch
                    {
                        "full" => CheckSizes.Full,
                        "medium" => CheckSizes.Medium,
                        "small" => CheckSizes.Small,
                        _ => throw new SpexInputException($"There are no sizes {value}; sizes are full, medium and small."),
                    };
                    break;
                case "--parts":
                    parts = value.Split(',');
                    if (parts.FirstOrDefault(part => !Parts.Contains(part)) is { } unknown)
                    {
                        throw new SpexInputException($"There is no part {unknown}; parts are {string.Join(", ", Parts)}.");
                    }

                    break;
                default:
                    throw new SpexInputException($"There is no option {arguments[i]}; options are --device, --parts, --sizes and --json.");
            }
        }

        return (device, parts, sizes, json);
    }
}
