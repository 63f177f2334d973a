using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>A value function that can work on several devices at once, each with a model of its own.</summary>
public interface IReplicableValueFunction : IValueFunction
{
    /// <summary>
    /// The same function for another device: the same fingerprint, and the same values on the same hardware. Called on the thread that it will be evaluated on. Whoever asked for it disposes it where it can be.
    /// </summary>
    /// <param name="device">Where its masks will come from; the function itself where it keeps nothing that belongs to a device and may be called on several threads.</param>
    IValueFunction ReplicateFor(Device device);
}
