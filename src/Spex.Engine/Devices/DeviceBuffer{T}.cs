using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Spex.Engine.Devices;

/// <summary>Memory on a device.</summary>
/// <remarks>Owned by whoever allocated it, who disposes it after the last kernel that uses it was enqueued.</remarks>
/// <typeparam name="T">An unmanaged element type.</typeparam>
public abstract class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private int _disposed;

    /// <summary>Makes the part that all buffers share, and counts the buffer as live on its device.</summary>
    /// <param name="device">The device whose memory it is.</param>
    /// <param name="length">Number of elements.</param>
    protected DeviceBuffer(Device device, long length)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Device = device;
        Length = length;
        device.CountBuffer(1);
    }

    /// <summary>The device whose memory this is.</summary>
    public Device Device { get; }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>The memory itself where the host can address it; throws on a device whose memory it cannot.</summary>
    public abstract Span<T> Span { get; }

    /// <summary>
    /// The address of the first element on the device, for kernels and model libraries; valid until the buffer is disposed, and to be
    /// read or written in the order of the device's work alone.
    /// </summary>
    public virtual unsafe nint DangerousDevicePointer => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Span));

    /// <summary>Copies elements [start, start + target.Length) to the host and waits for them.</summary>
    public abstract void CopyTo(Span<T> target, long start = 0);

    /// <summary>Copies from the host to elements [start, start + source.Length).</summary>
    public abstract void CopyFrom(ReadOnlySpan<T> source, long start = 0);

    /// <summary>Copies elements [start, start + count) to another buffer of the same device, from <paramref name="targetStart"/> on, in the order of the device's work.</summary>
    public abstract void CopyTo(DeviceBuffer<T> target, long count, long start = 0, long targetStart = 0);

    /// <summary>Sets every byte; 0xFF makes floating-point numbers NaN.</summary>
    public abstract void Fill(byte value);

    /// <summary>Checks that the buffer holds at least <paramref name="count"/> elements.</summary>
    /// <exception cref="ArgumentException">It holds fewer.</exception>
    internal void CheckHolds(long count, [CallerArgumentExpression(nameof(count))] string? what = null)
    {
        if (Length < count)
        {
            throw new ArgumentException($"The buffer holds {Length} elements; {count} ({what}) are needed.");
        }
    }

    /// <summary>Checks what every device's copy from buffer to buffer is given.</summary>
    private protected void CheckCopy(DeviceBuffer<T> target, long count, long start, long targetStart)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(targetStart);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length - start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, target.Length - targetStart);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Dispose(true);
            Device.CountBuffer(-1);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
