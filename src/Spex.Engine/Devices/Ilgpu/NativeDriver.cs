using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Finds the drivers' libraries by the names that hosts have them under.</summary>
/// <remarks>
/// ILGPU imports `cuda` and `OpenCL`, but a host without development packages has `libcuda.so.1` and `libOpenCL.so.1` only. ILGPU looks for each driver once, so
/// <see cref="Register"/> comes before its first use.
/// </remarks>
internal static class NativeDriver
{
    /// <summary>CUDA's driver library.</summary>
    public const string Cuda = "cuda";

    /// <summary>OpenCL's loader library.</summary>
    public const string OpenCL = "OpenCL";

    private static readonly AsyncLocal<Func<string, nint>?> Given = new();
    private static readonly Lock Once = new();
    private static bool _registered;

    /// <summary>What tests put in the drivers' place: a library's handle, or 0 where there is none. Null for what the system has.</summary>
    internal static Func<string, nint>? StandIn
    {
        get => Given.Value;
        set => Given.Value = value;
    }

    /// <summary>Tells ILGPU where the drivers are; once is enough, more does no harm.</summary>
    public static void Register()
    {
        lock (Once)
        {
            if (_registered)
            {
                return;
            }

            _registered = true;
            try
            {
                NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, Resolve);
            }
            catch (InvalidOperationException)
            {
                // The application has set a resolver of its own for ILGPU: then it knows where its drivers are.
            }
        }
    }

    /// <summary>Loads a driver's library.</summary>
    public static bool TryLoad(string library, out nint handle)
    {
        if (StandIn is { } standIn)
        {
            handle = standIn(library);
            return handle != 0;
        }

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
