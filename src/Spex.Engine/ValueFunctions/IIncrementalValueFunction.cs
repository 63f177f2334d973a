using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>A value function that comes by its values one after the other, such as an outside program: what was answered before an interruption counts.</summary>
public interface IIncrementalValueFunction : IValueFunction
{
    /// <summary>Evaluates B masks to B values, on the masks' device, and tells how far it is.</summary>
    /// <param name="masks">The masks.</param>
    /// <param name="values">Takes one value a mask.</param>
    /// <param name="answered">Called with k when the first k values are in place, on the calling thread, as often as is convenient; k never falls.</param>
    /// <param name="cancel">Ends the evaluation; the values told by <paramref name="answered"/> are kept.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    void Evaluate(MaskBatch masks, DeviceBuffer<float> values, Action<int> answered, CancellationToken cancel);
}
