using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>ProxySPEX: boosted trees on uniformly random masks, read as a Fourier spectrum and refitted; see <see cref="ProxySpexDecoder"/>.</summary>
public sealed class ProxySpexMethod : ExplanationMethod
{
    /// <inheritdoc/>
    public override string Name => "proxyspex";

    /// <summary>2: below that nothing can be left out to judge the fit.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => 2;

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) => UniformMasks(this, featureCount, budget, settings);

    /// <inheritdoc/>
    public override Decoded Decode(Samples samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(settings);
        using FoldedSamples folded = FoldedSamples.From(samples, settings.Seed, device);
        ProxySpexDecoder decoder = new(folded, settings, cancel);
        SparseFit fit = decoder.Fit();
        return decoder.Times.Measure("faithfulness", () => folded.ToDecoded(fit)) with { Timings = decoder.Times.All };
    }
}
