using System.Globalization;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.Cuda;
using Spex.Core;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Whether CUDA can be used here, and why not.</summary>
internal static unsafe class CudaDriver
{
    /// <summary>The oldest driver interface: CUDA 11.0, the first to know chips of compute capability 8.0.</summary>
    public const int LeastVersion = 11000;

    private const int Success = 0;
    private const int NoDevice = 100;

    /// <summary>Why no CUDA device can be used; null when one can.</summary>
    public static string? WhyNot()
    {
        if (!NativeDriver.TryLoad(NativeDriver.Cuda, out nint library))
        {
            return $"no CUDA driver is installed ({NativeDriver.FileOf(NativeDriver.Cuda)} was not found)";
        }

        if (!NativeLibrary.TryGetExport(library, "cuInit", out nint init) || !NativeLibrary.TryGetExport(library, "cuDriverGetVersion", out nint getVersion))
        {
            return $"{NativeDriver.FileOf(NativeDriver.Cuda)} is no CUDA driver: it lacks cuInit";
        }

        int error = ((delegate* unmanaged<uint, int>)init)(0);
        if (error != Success)
        {
            return error == NoDevice ? "the CUDA driver finds no device" : $"the CUDA driver does not start: {NameOf(library, error)}";
        }

        int version;
        return ((delegate* unmanaged<int*, int>)getVersion)(&version) == Success && version < LeastVersion
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the CUDA driver is too old: it speaks CUDA {version / 1000}.{version % 1000 / 10}, at least {LeastVersion / 1000}.{LeastVersion % 1000 / 10} is needed")
            : null;
    }

    /// <summary>Checks that CUDA can be used.</summary>
    /// <exception cref="SpexInputException">It cannot; says why.</exception>
    public static void Check()
    {
        if (WhyNot() is { } reason)
        {
            throw new SpexInputException($"CUDA cannot be used: {reason}. `--device cpu` works everywhere; `spex devices` says what there is.");
        }
    }

    /// <summary>The devices that the driver lists, with their memory in bytes.</summary>
    public static (string Description, long Memory)[] List()
    {
        NativeDriver.Register();
        using Context context = Context.Create(builder => builder.Cuda());
        return [.. from index in Enumerable.Range(0, context.GetCudaDevices().Count) let device = context.GetCudaDevice(index) select (device.Name, device.MemorySize)];
    }

    private static string NameOf(nint library, int error)
    {
        byte* name = null;
        return NativeLibrary.TryGetExport(library, "cuGetErrorName", out nint getName)
            && ((delegate* unmanaged<int, byte**, int>)getName)(error, &name) == Success
            && Marshal.PtrToStringUTF8((nint)name) is { } text
            ? text
            : string.Create(CultureInfo.InvariantCulture, $"error {error}");
    }
}
