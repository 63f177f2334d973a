using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Finds the drivers' libraries by the names that hosts have them under.</summary>
/// <remarks>
/// ILGPU imports `cuda` and `OpenCL`, but a host without development packages has `libcuda.so.1` and `libOpenCL.so.1` only. The resolver must stand before ILGPU first looks for a driver: it does
/// from the moment this assembly is loaded.
/// </remarks>
internal static class NativeDriver
{
    /// <summary>CUDA's driver library.</summary>
    public const string Cuda = "cuda";

    /// <summary>OpenCL's loader library.</summary>
    public const string OpenCL = "OpenCL";

#pragma warning disable CA2255 // ILGPU asks for its libraries once, whoever first uses it; no later moment is sure to be early enough.
    [ModuleInitializer]
    internal static void Register()
#pragma warning restore CA2255
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // The application has set a resolver of its own for ILGPU: then it knows where its drivers are.
        }
    }

    /// <summary>Loads a driver's library.</summary>
    public static bool TryLoad(string library, out nint handle)
    {
        foreach (string name in NamesOf(library))
        {
            if (NativeLibrary.TryLoad(name, out handle))
            {
                return true;
            }
        }

        handle = 0;
        return false;
    }

    /// <summary>The file that people look for when it is missing.</summary>
    public static string FileOf(string library) => NamesOf(library)[0];

    private static string[] NamesOf(string library) => library switch
    {
        _ when OperatingSystem.IsWindows() => library == Cuda ? ["nvcuda.dll"] : ["OpenCL.dll"],
        Cuda => ["libcuda.so.1", "libcuda.so"],
        _ => ["libOpenCL.so.1", "libOpenCL.so"],
    };

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? path) =>
        library is Cuda or OpenCL && TryLoad(library, out nint handle) ? handle : 0;
}
