using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>A design and the value of each of its masks.</summary>
/// <param name="Design">The masks.</param>
/// <param name="Values">One finite value a mask, in the design's order.</param>
public sealed record Samples(MaskDesign Design, ReadOnlyMemory<float> Values)
{
    /// <summary>
    /// The same values in the memory of the device that decodes them, where the value function left them: then they do not cross again. Null where the host's are all there is.
    /// Owned by whoever allocated it.
    /// </summary>
    public DeviceBuffer<float>? OnDevice { get; init; }

    /// <summary>The index of the first of them in <see cref="OnDevice"/>, where many functions' values lie one after another.</summary>
    public long OnDeviceStart { get; init; }
}
