using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>A model that was trained elsewhere: a network with its weights, ready to be run without gradients.</summary>
public abstract class PretrainedModel : IDisposable
{
    /// <summary>Notes what the model was made of.</summary>
    /// <param name="configuration">Its config.json.</param>
    /// <param name="weights">Its weights; not kept.</param>
    protected PretrainedModel(ModelConfiguration configuration, ModelWeights weights)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(weights);
        Architecture = configuration.Architecture;
        Compute = weights.Compute;
        Device = weights.Device;
        Fingerprint = $"{Architecture} {configuration.Hash[..16]} {weights.Hash} {Compute}".ToLowerInvariant();
    }

    /// <summary>The class of its weights, such as BertForSequenceClassification.</summary>
    public string Architecture { get; }

    /// <summary>What it computes with.</summary>
    public ScalarType Compute { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>Same text, same function: architecture, SHA-256 of config.json and of the weights' files, type computed with.</summary>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the weights.</summary>
    protected abstract void Dispose(bool disposing);
}
