namespace Spex.Engine.Devices;

/// <summary>Memory on a device.</summary>
/// <remarks>Owned by whoever allocated it, who disposes it after the last kernel that uses it was enqueued.</remarks>
/// <typeparam name="T">An unmanaged element type.</typeparam>
public abstract class DeviceBuffer<T>(Device device, long length) : IDisposable
    where T : unmanaged
{
    /// <summary>The device whose memory this is.</summary>
    public Device Device { get; } = device;

    /// <summary>Number of elements.</summary>
    public long Length { get; } = length;

    /// <summary>The memory itself where the host can address it; throws on a device whose memory it cannot.</summary>
    public abstract Span<T> Span { get; }

    /// <summary>Copies elements [start, start + target.Length) to the host and waits for them.</summary>
    public abstract void CopyTo(Span<T> target, long start = 0);

    /// <summary>Copies from the host to elements [start, start + source.Length).</summary>
    public abstract void CopyFrom(ReadOnlySpan<T> source, long start = 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
