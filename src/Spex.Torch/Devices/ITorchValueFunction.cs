using Spex.Engine.ValueFunctions;
using TorchSharp;

namespace Spex.Torch.Devices;

/// <summary>
/// A value function whose model torch runs. Where the masks' device takes its memory from torch (<see cref="TorchMemory"/>), the model reads the masks that the device's kernels wrote and leaves its values there;
/// elsewhere both go by way of the host.
/// </summary>
public interface ITorchValueFunction : IValueFunction
{
    /// <summary>Where the model runs.</summary>
    torch.Device ModelDevice { get; }
}
