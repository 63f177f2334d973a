using Spex.Core;

namespace Spex.Engine.Devices;

/// <summary>A device, or a model on it, ran out of memory. A value function that throws it is asked again with smaller batches.</summary>
public sealed class DeviceMemoryException : SpexException
{
    /// <summary>Makes the exception with the message that people read.</summary>
    public DeviceMemoryException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the message that people read and its cause.</summary>
    public DeviceMemoryException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
