using ILGPU;
using ILGPU.Runtime.OpenCL;
using Spex.Core;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Whether OpenCL can be used here, and why not.</summary>
internal static class OpenCLDriver
{
    /// <summary>Why no OpenCL device can be used; null when one may be.</summary>
    public static string? WhyNot() => NativeDriver.TryLoad(NativeDriver.OpenCL, out _)
        ? null
        : $"no OpenCL is installed ({NativeDriver.FileOf(NativeDriver.OpenCL)} was not found)";

    /// <summary>Why a device cannot be used; null when it can.</summary>
    public static string? WhyNot(CLDevice device) =>
        !device.Capabilities.GenericAddressSpace ? "its OpenCL has no generic address space (OpenCL C 2.0, or 3.0 with that feature)"
        : !device.Capabilities.Float64 ? "it has no 64-bit floating-point numbers"
        : null;

    /// <summary>Checks that OpenCL is there.</summary>
    /// <exception cref="SpexInputException">It is not.</exception>
    public static void Check()
    {
        if (WhyNot() is { } reason)
        {
            throw new SpexInputException($"OpenCL cannot be used: {reason}. `--device cpu` works everywhere; `spex devices` says what there is.");
        }
    }

    /// <summary>The devices that the drivers list, with their memory in bytes and why one cannot be used.</summary>
    public static (string Description, long Memory, string? WhyNot)[] List()
    {
        NativeDriver.Register();
        using Context context = Context.Create(builder => builder.OpenCL(_ => true));
        return [.. from index in Enumerable.Range(0, context.GetCLDevices().Count) let device = context.GetCLDevice(index) select ($"{device.Name}, {device.PlatformVersion}", device.MemorySize, WhyNot(device))];
    }
}
