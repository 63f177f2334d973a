using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Spex.Engine.Devices;

/// <summary>Tells that memory ran out, whoever says it: the engine, the host, a driver, or a model library.</summary>
internal static class MemoryShortage
{
    /// <summary>Whether an error, or the one that caused it, says that there is no memory left.</summary>
    public static bool Is(Exception? error) => error switch
    {
        null => false,
        OutOfMemoryException or DeviceMemoryException => true,
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        CLException openCL => openCL.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,

        // What native libraries throw has a message only; this is how PyTorch's allocators say it, on CUDA and on the processor.
        ExternalException native => native.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || native.Message.Contains("not enough memory", StringComparison.Ordinal)
            || native.Message.Contains("can't allocate memory", StringComparison.Ordinal),
        AggregateException many => many.InnerExceptions.Any(Is),
        _ => Is(error.InnerException),
    };
}
