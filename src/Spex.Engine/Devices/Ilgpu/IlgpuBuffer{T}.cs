using ILGPU;
using ILGPU.Runtime;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Memory that an ILGPU accelerator allocated, or that another library lends it.</summary>
internal sealed class IlgpuBuffer<T> : DeviceBuffer<T>
    where T : unmanaged
{
    private readonly IlgpuDevice _device;
    private readonly IDisposable? _owner;
    private MemoryBuffer? _memory;

    public unsafe IlgpuBuffer(IlgpuDevice device, long length)
        : base(device, length)
    {
        _device = device;
        try
        {
            _memory = device.AllocateMemory(Math.Max(1, length), sizeof(T));
        }
        catch
        {
            // Nothing was allocated: nothing is live.
            Dispose();
            throw;
        }
    }

    /// <summary>Memory that somebody else owns, who is disposed with the buffer.</summary>
    public IlgpuBuffer(IlgpuDevice device, long length, MemoryBuffer memory, IDisposable owner)
        : base(device, length) =>
        (_device, _memory, _owner) = (device, memory, owner);

    /// <summary>The elements, for kernels.</summary>
    public ArrayView<T> View => Memory.AsArrayView<T>(0, Math.Max(1, Length));

    public override Span<T> Span =>
        throw new NotSupportedException($"The host cannot address the memory of {Device.Name}; copy with {nameof(CopyTo)} and {nameof(CopyFrom)}.");

    public override nint DangerousDevicePointer => Memory.NativePtr;

    private MemoryBuffer Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    public override void CopyTo(Span<T> target, long start = 0)
    {
        CheckPart(start, target.Length);
        _device.CopyToHost(target, start, View);
    }

    public override void CopyFrom(ReadOnlySpan<T> source, long start = 0)
    {
        CheckPart(start, source.Length);
        _device.CopyFromHost(source, start, View);
    }

    public override void CopyTo(DeviceBuffer<T> target, long count, long start = 0, long targetStart = 0)
    {
        CheckCopy(target, count, start, targetStart);
        if (count > 0)
        {
            View.SubView(start, count).CopyTo(_device.Stream, _device.View(target).SubView(targetStart, count));
        }
    }

    public override void Fill(byte value) => Memory.MemSet(_device.Stream, value, 0, Memory.LengthInBytes);

    protected override void Dispose(bool disposing)
    {
        _memory?.Dispose();
        _memory = null;
        _owner?.Dispose();
    }

    private void CheckPart(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_memory is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - start);
    }
}
