using System.Globalization;
using System.Runtime.InteropServices;
using Spex.Core;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Primary contexts of a CUDA driver: libcuda, or what stands in for it in tests.</summary>
internal sealed unsafe class CudaPrimaryContexts : IPrimaryContexts
{
    private readonly delegate* unmanaged<int*, int, int> _deviceGet;
    private readonly delegate* unmanaged<nint*, int, int> _retain;
    private readonly delegate* unmanaged<int, int> _release;
    private readonly delegate* unmanaged<nint, int> _setCurrent;

    /// <summary>Finds the driver's functions.</summary>
    /// <param name="library">A handle of the driver's library.</param>
    /// <exception cref="SpexException">One is missing.</exception>
    public CudaPrimaryContexts(nint library)
    {
        _deviceGet = (delegate* unmanaged<int*, int, int>)Find(library, "cuDeviceGet");
        _retain = (delegate* unmanaged<nint*, int, int>)Find(library, "cuDevicePrimaryCtxRetain");

        // The second version frees the context with its last holder.
        _release = (delegate* unmanaged<int, int>)Find(library, "cuDevicePrimaryCtxRelease_v2", "cuDevicePrimaryCtxRelease");
        _setCurrent = (delegate* unmanaged<nint, int>)Find(library, "cuCtxSetCurrent");
    }

    public nint Retain(int ordinal)
    {
        nint context;
        Check(_retain(&context, DeviceOf(ordinal)), "cuDevicePrimaryCtxRetain");
        return context;
    }

    public void SetCurrent(nint context) => Check(_setCurrent(context), "cuCtxSetCurrent");

    public void Release(int ordinal) => Check(_release(DeviceOf(ordinal)), "cuDevicePrimaryCtxRelease");

    private int DeviceOf(int ordinal)
    {
        int device;
        Check(_deviceGet(&device, ordinal), "cuDeviceGet");
        return device;
    }

    private static nint Find(nint library, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryGetExport(library, name, out nint function))
            {
                return function;
            }
        }

        throw new SpexException($"the CUDA driver lacks {names[0]}");
    }

    private static void Check(int error, string function)
    {
        if (error != 0)
        {
            throw new SpexException(string.Create(CultureInfo.InvariantCulture, $"{function} fails with error {error}"));
        }
    }
}
