using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>The buffers of one run of a case. What is not given a content is filled with 0xFF bytes, so that what a kernel forgets to write is seen.</summary>
internal sealed class CaseMemory(Device device) : IDisposable
{
    private const byte Poison = 0xFF;

    private readonly List<IDisposable> _owned = [];

    public Device Device => device;

    /// <summary>A buffer with this content.</summary>
    public DeviceBuffer<T> Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = Own(device.Allocate<T>(values.Length));
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>A poisoned buffer.</summary>
    public DeviceBuffer<T> Poisoned<T>(long length)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = Own(device.Allocate<T>(length));
        buffer.Fill(Poison);
        return buffer;
    }

    /// <summary>Something to dispose of after the run, in the opposite order.</summary>
    public T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }

    public void Dispose()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }
}
