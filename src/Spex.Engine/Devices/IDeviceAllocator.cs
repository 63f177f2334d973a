namespace Spex.Engine.Devices;

/// <summary>Who owns a device's memory: the device itself, or a model library that shares its buffers with the engine.</summary>
public interface IDeviceAllocator
{
    /// <summary>Allocates a buffer of <paramref name="count"/> elements; the content is undefined. The caller disposes it.</summary>
    DeviceBuffer<T> Allocate<T>(long count)
        where T : unmanaged;
}
