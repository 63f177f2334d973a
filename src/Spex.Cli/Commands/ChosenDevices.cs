using System.CommandLine;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Native;
using TorchSharp;

namespace Spex.Cli.Commands;

/// <summary>What `--device` names: where a model runs and where the engine does, and that both share one memory where both are on one CUDA device.</summary>
internal static class ChosenDevices
{
    /// <summary>Where torch runs a model.</summary>
    public static torch.Device OfModel(ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        torch.Device device = ModelDevice.Of(parsed.GetRequiredValue(options.Device), out string? remark);
        Say(remark, options, parsed, terminal);
        return device;
    }

    /// <summary>Opens the engine's devices for a function. What people should know of the choice goes to stderr.</summary>
    /// <returns>The devices in the order given; the caller disposes them.</returns>
    /// <exception cref="Spex.Core.SpexInputException">There is no such device, or it cannot be used; says why.</exception>
    public static IReadOnlyList<OpenedDevice> Open(IValueFunction function, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        IReadOnlyList<OpenedDevice> opened = DeviceCatalog.OpenAll(parsed.GetRequiredValue(options.Device), parsed.GetValue(options.Threads));
        return opened is [OpenedDevice only] ? [Prepare(only, function, options, parsed, terminal)] : opened;
    }

    /// <summary>As <see cref="Open"/>, where one device is needed.</summary>
    public static Device OpenOne(IValueFunction function, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        OpenedDevice opened = DeviceCatalog.Open(parsed.GetRequiredValue(options.Device), parsed.GetValue(options.Threads));
        return Prepare(opened, function, options, parsed, terminal).Device;
    }

    /// <summary>Lets a model that torch runs and the kernels of a CUDA device work on the same memory; before anything else is done on the device.</summary>
    /// <returns>A line for people, where that cannot be; null where it is so, or where it is not asked for: of other functions, and on other devices.</returns>
    internal static string? ShareMemory(IValueFunction function, Device device)
    {
        string? whyNot = null;
        if (function is ITorchValueFunction && device is IlgpuDevice { IsOpenCL: false } accelerator)
        {
            TorchMemory.Attach(accelerator, out whyNot);
        }

        return whyNot;
    }

    /// <summary>
    /// The device to go on with: the processor instead of one that shares no memory with a model on CUDA. torch would find the kernels' context current, in which its own memory is not.
    /// </summary>
    /// <param name="function">What is explained.</param>
    /// <param name="device">The device that was opened; disposed where another is given.</param>
    /// <param name="whyNot">What <see cref="ShareMemory"/> said.</param>
    /// <param name="threads">Threads of the processor; null for all cores.</param>
    internal static Device Settle(IValueFunction function, Device device, string? whyNot, int? threads)
    {
        if (whyNot is null || function is not ITorchValueFunction { ModelDevice.type: DeviceType.CUDA })
        {
            return device;
        }

        device.Dispose();
        return new CpuDevice(threads);
    }

    private static OpenedDevice Prepare(OpenedDevice opened, IValueFunction function, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        Say(opened.Remark, options, parsed, terminal);
        string? whyNot = ShareMemory(function, opened.Device);
        Say(whyNot, options, parsed, terminal);
        return opened with { Device = Settle(function, opened.Device, whyNot, parsed.GetValue(options.Threads)) };
    }

    private static void Say(string? line, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        if (line is not null && !parsed.GetValue(options.Quiet))
        {
            terminal.Error.WriteLine(line);
        }
    }
}
