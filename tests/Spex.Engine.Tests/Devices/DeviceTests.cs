using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

/// <summary>What the tests of every primitive share: one device a test, whose buffers must all be given back.</summary>
public abstract class DeviceTests : IDisposable
{
    private readonly Lazy<Device> _device;

    protected DeviceTests() => _device = new Lazy<Device>(Open);

    protected Device Device => _device.Value;

    /// <summary>Opens the device, or skips the test with the reason why it is missing.</summary>
    protected abstract Device Open();

    protected DeviceBuffer<T> Upload<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = Device.Allocate<T>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }

    /// <summary>A buffer whose elements are not zero, so that what a primitive forgets to write is seen.</summary>
    protected DeviceBuffer<T> Poisoned<T>(int length)
        where T : unmanaged
    {
        T[] poison = new T[length];
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(poison.AsSpan()).Fill(0xA5);
        return Upload<T>(poison);
    }

    protected static T[] Download<T>(DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        T[] values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }

    public void Dispose()
    {
        if (_device.IsValueCreated)
        {
            Assert.Equal(0, Device.LiveBuffers);
            Device.Dispose();
        }

        GC.SuppressFinalize(this);
    }
}
