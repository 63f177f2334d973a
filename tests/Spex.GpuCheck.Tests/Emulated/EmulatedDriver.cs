using System.Runtime.InteropServices;
using System.Text;
using Spex.Tests;

namespace Spex.GpuCheck.Tests.Emulated;

/// <summary>The emulated CUDA driver, called from this process.</summary>
internal sealed unsafe class EmulatedDriver
{
    public const int InvalidPtx = 218, LaunchFailed = 719;

    private readonly nint _library;

    private EmulatedDriver(nint library) => _library = library;

    /// <summary>Loads it.</summary>
    public static EmulatedDriver Load() => new(NativeLibrary.Load(Path.Combine(EmulatedCuda.Folder, "libcuda.so.1")));

    /// <summary>What the last launch or module failed of.</summary>
    public string LastFault => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Function("emulatorLastFault"))())!;

    /// <summary>Makes a context, which becomes the thread's.</summary>
    public nint CreateContext()
    {
        nint context;
        Check(((delegate* unmanaged<nint*, uint, int, int>)Function("cuCtxCreate_v2"))(&context, 0, 0));
        return context;
    }

    public void SetCurrent(nint context) => Check(((delegate* unmanaged<nint, int>)Function("cuCtxSetCurrent"))(context));

    public void Destroy(nint context) => Check(((delegate* unmanaged<nint, int>)Function("cuCtxDestroy_v2"))(context));

    /// <summary>Memory that holds the given numbers.</summary>
    public ulong Allocate(params int[] values)
    {
        ulong address;
        Check(((delegate* unmanaged<ulong*, nuint, int>)Function("cuMemAlloc_v2"))(&address, (nuint)(values.Length * sizeof(int))));
        fixed (int* source = values)
        {
            Check(Copy(address, (ulong)source, values.Length));
        }

        return address;
    }

    public void Free(ulong address) => Check(((delegate* unmanaged<ulong, int>)Function("cuMemFree_v2"))(address));

    public int[] Read(ulong address, int count)
    {
        int[] values = new int[count];
        fixed (int* target = values)
        {
            Check(Copy((ulong)target, address, count));
        }

        return values;
    }

    /// <summary>Loads a module and launches its one kernel, in one dimension, with an address.</summary>
    /// <returns>CUDA's error; 0 for none.</returns>
    public int Launch(string ptx, string kernel, int groups, int threads, ulong address)
    {
        nint module, function;
        fixed (byte* image = Encoding.UTF8.GetBytes(ptx + '\0'), name = Encoding.UTF8.GetBytes(kernel + '\0'))
        {
            int error = ((delegate* unmanaged<nint*, byte*, int>)Function("cuModuleLoadData"))(&module, image);
            if (error != 0)
            {
                return error;
            }

            Check(((delegate* unmanaged<nint*, nint, byte*, int>)Function("cuModuleGetFunction"))(&function, module, name));
        }

        void* parameter = &address;
        return ((delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Function("cuLaunchKernel"))(
            function, (uint)groups, 1, 1, (uint)threads, 1, 1, 0, 0, &parameter, null);
    }

    public int Synchronize() => ((delegate* unmanaged<int>)Function("cuCtxSynchronize"))();

    private static void Check(int error) => Assert.Equal(0, error);

    private int Copy(ulong target, ulong source, int count) =>
        ((delegate* unmanaged<ulong, ulong, nuint, nint, int>)Function("cuMemcpyAsync"))(target, source, (nuint)(count * sizeof(int)), 0);

    private nint Function(string name) => NativeLibrary.GetExport(_library, name);
}
