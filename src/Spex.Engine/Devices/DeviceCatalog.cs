using System.Globalization;
using Spex.Core;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;

namespace Spex.Engine.Devices;

/// <summary>The devices that are here, by the names that people give them: auto, cpu, cuda[:i], opencl[:i].</summary>
public static class DeviceCatalog
{
    /// <summary>The choice that takes CUDA when it can be used, and the processor else.</summary>
    public const string Auto = "auto";

    /// <summary>What a choice may be, in words.</summary>
    public const string Choices = "auto, cpu, cuda, cuda:i, opencl, opencl:i, or several of one kind such as cuda:0,cuda:1";

    private const string Cpu = "cpu";
    private const string Cuda = "cuda";
    private const string OpenCL = "opencl";

    /// <summary>Whether a choice can be understood; says nothing about whether there is such a device.</summary>
    public static bool IsChoice(string choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        string[] names = choice.Split(',');
        return names.All(name => TryParse(name, out _, out _)) && (names.Length == 1 || AreSeveral(names));
    }

    /// <summary>Opens one device or several, as <see cref="Open"/> does each; a value function works on all of several, see <see cref="Explaining.MultiDeviceValueFunction"/>.</summary>
    /// <param name="choice">One name, or several of one kind with different numbers, separated by commas.</param>
    /// <param name="threads">Threads on the processor; null for all cores.</param>
    /// <returns>The devices in the order given; the caller disposes them.</returns>
    /// <exception cref="SpexInputException">There is no such device, or it cannot be used; says why.</exception>
    public static IReadOnlyList<OpenedDevice> OpenAll(string choice, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(choice);
        string[] names = choice.Split(',');
        if (names.Length > 1 && !IsChoice(choice))
        {
            throw new SpexInputException($"{choice} names no devices that work together; --device is one of {Choices}.");
        }

        List<OpenedDevice> opened = [];
        try
        {
            foreach (string name in names)
            {
                opened.Add(Open(name, threads));
            }

            return opened;
        }
        catch
        {
            opened.ForEach(one => one.Device.Dispose());
            throw;
        }
    }

    // GPUs of one kind, each by its number.
    private static bool AreSeveral(string[] names)
    {
        (string Kind, int Index)[] devices = [.. names.Select(name => TryParse(name, out string kind, out int index) ? (kind, index) : ("", 0))];
        return names.All(name => name.Contains(':', StringComparison.Ordinal)) && devices.Distinct().Count() == names.Length && devices.Select(device => device.Kind).Distinct().Count() == 1;
    }

    /// <summary>Opens a device.</summary>
    /// <param name="choice">auto, cpu, cuda[:i] or opencl[:i], whatever the letter case; i counts from 0 and is 0 when it is left out.</param>
    /// <param name="threads">Threads on the processor; null for all cores.</param>
    /// <returns>The device; the caller disposes it.</returns>
    /// <exception cref="SpexInputException">There is no such device, or it cannot be used; says why. Never for auto.</exception>
    public static OpenedDevice Open(string choice, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(choice);
        if (!TryParse(choice, out string kind, out int index))
        {
            throw new SpexInputException($"There is no kind of device {choice}; a device is one of {Choices}.");
        }

        return kind switch
        {
            Cpu => new OpenedDevice(new CpuDevice(threads), null),
            Cuda => new OpenedDevice(IlgpuDevice.OpenCuda(index), null),
            OpenCL => new OpenedDevice(IlgpuDevice.OpenOpenCL(index), null),
            _ => OpenAuto(threads),
        };
    }

    /// <summary>All devices that can be used, and for each kind of which none can be used one entry that says why.</summary>
    public static IReadOnlyList<DeviceListing> List()
    {
        using CpuDevice cpu = new();
        return
        [
            new DeviceListing(cpu.Name, cpu.Description, cpu.FreeBytes, null),
            .. ListKind(Cuda, CudaDriver.WhyNot, () => CudaDriver.List().Select(device => (device.Description, device.Memory, (string?)null))),
            .. ListKind(OpenCL, OpenCLDriver.WhyNot, OpenCLDriver.List),
        ];
    }

    private static OpenedDevice OpenAuto(int? threads)
    {
        // A host without a CUDA driver is the usual one: nothing to remark.
        if (!NativeDriver.TryLoad(NativeDriver.Cuda, out _))
        {
            return new OpenedDevice(new CpuDevice(threads), null);
        }

        try
        {
            IlgpuDevice device = IlgpuDevice.OpenCuda(0);
            return new OpenedDevice(device, $"Device: {device.Name} ({device.Description}), because CUDA can be used here; --device cpu takes the processor.");
        }
        catch (SpexInputException error)
        {
            return new OpenedDevice(new CpuDevice(threads), $"Device: cpu. {error.Message}");
        }
    }

    private static DeviceListing[] ListKind(string kind, Func<string?> whyNot, Func<IEnumerable<(string Description, long Memory, string? WhyNot)>> list)
    {
        if (whyNot() is { } reason)
        {
            return [new DeviceListing(kind, "", 0, reason)];
        }

        try
        {
            DeviceListing[] devices = [.. list().Select((device, index) =>
                new DeviceListing(string.Create(CultureInfo.InvariantCulture, $"{kind}:{index}"), device.Description, device.Memory, device.WhyNot))];
            return devices.Length > 0 ? devices : [new DeviceListing(kind, "", 0, "the driver lists no device")];
        }
#pragma warning disable CA1031 // Whatever a broken driver throws, the other devices are listed.
        catch (Exception error)
        {
            return [new DeviceListing(kind, "", 0, $"the driver fails: {error.Message}")];
        }
#pragma warning restore CA1031
    }

    private static bool TryParse(string choice, out string kind, out int index)
    {
        string[] parts = choice.Split(':');
        kind = parts[0].ToLowerInvariant();
        index = 0;
        return parts.Length switch
        {
            1 => kind is Auto or Cpu or Cuda or OpenCL,
            2 => kind is Cuda or OpenCL && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index),
            _ => false,
        };
    }
}
