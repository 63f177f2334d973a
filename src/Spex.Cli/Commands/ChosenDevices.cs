using System.CommandLine;
using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Native;
using TorchSharp;

namespace Spex.Cli.Commands;

/// <summary>What `--device` names: where a model runs and where the engine does, and that both share one memory where both are on one CUDA device. Of several devices each has the model.</summary>
internal sealed class ChosenDevices : IDisposable
{
    private readonly IReadOnlyList<Device> _devices;
    private MultiDeviceValueFunction? _several;

    private ChosenDevices(IReadOnlyList<Device> devices) => _devices = devices;

    /// <summary>Where the explainer works: the first.</summary>
    public Device First => _devices[0];

    /// <summary>Their names, for results.</summary>
    public string Names => string.Join(',', _devices.Select(device => device.Name));

    /// <summary>Opens a model where it is to run and makes its value function, and says how to have both again on every further device.</summary>
    public static ReplicableModel<TModel, TFunction> Explained<TModel, TFunction>(
        Func<torch.Device, TModel> open, Func<TModel, TFunction> explain, ExplainOptions options, ParseResult parsed, Terminal terminal)
        where TModel : IDisposable
        where TFunction : ITorchValueFunction, IDisposable =>
        new(OfModel(options, parsed, terminal), open, explain);

    /// <summary>Where a model is to run. What people should know of that goes to stderr.</summary>
    public static torch.Device OfModel(ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        torch.Device device = ModelDevice.Of(parsed.GetRequiredValue(options.Device), out string? remark);
        Say(remark, options, parsed, terminal);
        return device;
    }

    /// <summary>Opens the engine's devices for a function. What people should know of the choice goes to stderr.</summary>
    /// <param name="function">What is explained, or one of several that are: one of a model where there is one.</param>
    /// <param name="options">The options that all verbs share.</param>
    /// <param name="parsed">What was given.</param>
    /// <param name="terminal">Where to say it.</param>
    /// <exception cref="SpexInputException">There is no such device, or it cannot be used, or not with others; says why.</exception>
    public static ChosenDevices Open(IValueFunction function, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        string choice = parsed.GetRequiredValue(options.Device);
        if (choice.Split(',') is { Length: > 1 } names && function is not IReplicableValueFunction)
        {
            throw new SpexInputException($"A program runs on one device, and --device names {names.Length}. Name one, such as --device {names[0]}.");
        }

        int? threads = parsed.GetValue(options.Threads);
        Device[] devices = [];
        try
        {
            OpenedDevice[] opened = [.. DeviceCatalog.OpenAll(choice, threads)];
            devices = [.. opened.Select(one => one.Device)];
            if (opened is [OpenedDevice only])
            {
                Say(only.Remark, options, parsed, terminal);
                string? whyNot = ShareMemory(function, only.Device);
                Say(whyNot, options, parsed, terminal);
                devices[0] = Settle(function, only.Device, whyNot, threads);
            }
            else
            {
                ShareMemoryOfEach(function, devices);
            }

            return new ChosenDevices(devices);
        }
        catch
        {
            Array.ForEach(devices, device => device.Dispose());
            throw;
        }
    }

    /// <summary>A function on all of them, of several of which it serves the first itself; what was made of the function before is freed.</summary>
    public IValueFunction On(IValueFunction function)
    {
        _several?.Dispose();
        _several = null;
        return _devices.Count == 1 ? function : _several = new MultiDeviceValueFunction((IReplicableValueFunction)function, _devices);
    }

    /// <summary>Frees the last function's copies and the devices; functions are the caller's.</summary>
    public void Dispose()
    {
        _several?.Dispose();
        foreach (Device device in _devices)
        {
            device.Dispose();
        }
    }

    /// <summary>Lets a model that torch runs and the kernels of a CUDA device work on the same memory; before anything else is done on the device.</summary>
    /// <returns>A line for people, where that cannot be; null where it is so, or where it is not asked for: of other functions, and on other devices.</returns>
    internal static string? ShareMemory(IValueFunction function, Device device) =>
        function is ITorchValueFunction && device is IlgpuDevice { IsOpenCL: false } accelerator && TorchMemory.Attach(accelerator, out string? whyNot) is null
            ? $"{whyNot} Masks and values are copied by way of the host."
            : null;

    /// <summary>As <see cref="ShareMemory"/>, on several devices: on each, since only then each has a model of its own that torch runs there.</summary>
    /// <exception cref="SpexInputException">On one that cannot be. There is no second best: all models would run on the processor, or torch would find the kernels' context current.</exception>
    internal static void ShareMemoryOfEach(IValueFunction function, IReadOnlyList<Device> devices)
    {
        if (function is not ITorchValueFunction)
        {
            return;
        }

        foreach (IlgpuDevice device in devices.OfType<IlgpuDevice>())
        {
            if (TorchMemory.Attach(device, out string? whyNot) is null)
            {
                throw new SpexInputException($"{whyNot} A model on {devices.Count} devices needs that on each. Name one device, such as --device {devices[0].Name}.");
            }
        }
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

    private static void Say(string? line, ExplainOptions options, ParseResult parsed, Terminal terminal)
    {
        if (line is not null && !parsed.GetValue(options.Quiet))
        {
            terminal.Error.WriteLine(line);
        }
    }
}
