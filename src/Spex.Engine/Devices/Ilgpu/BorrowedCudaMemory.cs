using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>CUDA memory of another library, for ILGPU's kernels, copies and fills. Whoever lent it frees it.</summary>
internal sealed class BorrowedCudaMemory : MemoryBuffer
{
    /// <summary>Wraps memory in the accelerator's current context.</summary>
    public BorrowedCudaMemory(CudaAccelerator accelerator, nint address, long length, int elementSize)
        : base(accelerator, length, elementSize) =>
        NativePtr = address;

    protected override void MemSet(AcceleratorStream stream, byte value, in ArrayView<byte> targetView) =>
        CudaMemoryBuffer.CudaMemSet((CudaStream)stream, value, targetView);

    protected override void CopyFrom(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        CudaMemoryBuffer.CudaCopy((CudaStream)stream, sourceView, targetView);

    protected override void CopyTo(AcceleratorStream stream, in ArrayView<byte> sourceView, in ArrayView<byte> targetView) =>
        CudaMemoryBuffer.CudaCopy((CudaStream)stream, sourceView, targetView);

    protected override void DisposeAcceleratorObject(bool disposing) => NativePtr = 0;
}
