using Spex.Core.Games;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;

namespace Spex.GpuCheck.Explanations;

/// <summary>A game that is evaluated in small parts, so that each of several devices gets some.</summary>
internal sealed class GameInParts(Game game) : IReplicableValueFunction
{
    private readonly GameValueFunction _function = new(game);

    public int FeatureCount => _function.FeatureCount;

    public string Fingerprint => _function.Fingerprint;

    public int PreferredBatchSize => 64;

    public IValueFunction ReplicateFor(Device device) => this;

    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => _function.Evaluate(masks, values, cancel);
}
