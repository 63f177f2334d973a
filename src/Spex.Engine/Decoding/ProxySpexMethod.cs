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

    /// <summary>The trees of all functions grow in the same launches.</summary>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(settings);
        using FoldedBatch folded = new(samples, settings.Seed, device);
        ProxySpexDecoder decoder = new(folded, settings, cancel);
        SparseFit[] fits = decoder.Fit(folded.Functions);
        Decoded[] decoded = decoder.Times.Measure("faithfulness", () => FoldedBatch.ToDecoded(folded.Functions, fits));
        return Array.ConvertAll(decoded, one => one with { Timings = decoder.Times.Share(samples.Count) });
    }
}
