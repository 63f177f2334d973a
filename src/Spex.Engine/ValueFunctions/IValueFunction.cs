using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>What is explained: f: {0,1}^n → R. Models, games and outside programs implement it; also "game".</summary>
public interface IValueFunction
{
    /// <summary>Number of features n.</summary>
    int FeatureCount { get; }

    /// <summary>Same function, same string: model hash, text, target, removal, number type. A samples file of another fingerprint is refused.</summary>
    string Fingerprint { get; }

    /// <summary>The largest batch it wants at once; the explainer asks for fewer masks when memory is short.</summary>
    int PreferredBatchSize { get; }

    /// <summary>Evaluates B masks to B values, on the masks' device.</summary>
    /// <exception cref="DeviceMemoryException">There is no memory for so many masks at once; the explainer tries again with fewer.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; no value of the batch counts as paid.</exception>
    void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel);
}
