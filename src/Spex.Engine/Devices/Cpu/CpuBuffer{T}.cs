using System.Runtime.InteropServices;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Host memory, aligned to a cache line so that vectors never straddle two.</summary>
internal sealed unsafe class CpuBuffer<T>(CpuDevice device, long length) : DeviceBuffer<T>(device, length)
    where T : unmanaged
{
    private const int CacheLine = 64;

    private T* _pointer = (T*)NativeMemory.AlignedAlloc(checked((nuint)Math.Max(1, length) * (nuint)sizeof(T)), CacheLine);

    ~CpuBuffer() => Dispose(false);

    public override Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return new Span<T>(_pointer, checked((int)Length));
        }
    }

    public override nint DangerousDevicePointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return (nint)_pointer;
        }
    }

    public override void CopyTo(Span<T> target, long start = 0) => new ReadOnlySpan<T>(At(start, target.Length), target.Length).CopyTo(target);

    public override void CopyFrom(ReadOnlySpan<T> source, long start = 0) => source.CopyTo(new Span<T>(At(start, source.Length), source.Length));

    public override void CopyTo(DeviceBuffer<T> target, long count, long start = 0, long targetStart = 0)
    {
        CheckCopy(target, count, start, targetStart);
        ObjectDisposedException.ThrowIf(_pointer is null, this);
        long bytes = checked(count * sizeof(T));
        Buffer.MemoryCopy(_pointer + start, CpuDevice.Pointer(target) + targetStart, bytes, bytes);
    }

    public override void Fill(byte value)
    {
        ObjectDisposedException.ThrowIf(_pointer is null, this);
        NativeMemory.Fill(_pointer, checked((nuint)Length * (nuint)sizeof(T)), value);
    }

    private T* At(long start, int count)
    {
        ObjectDisposedException.ThrowIf(_pointer is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - start);
        return _pointer + start;
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
