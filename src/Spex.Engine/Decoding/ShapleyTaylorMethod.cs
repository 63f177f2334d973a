using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Shapley-Taylor interactions (Sundararajan, Dhamdhere and Agarwal, "The Shapley Taylor interaction index", ICML 2020) of order <see cref="DecoderSettings.Order"/> by
/// permutation sampling: what a set of that many features adds as a whole to those before it in a random order, on average; smaller sets as they act alone.
/// </summary>
/// <remarks>
/// Every mask is evaluated once; each order is followed by its reverse. A budget of all masks, up to 20 features, averages over all orders. Errors on left-out masks
/// are weighted by size, so that they tell what uniform masks would.
/// </remarks>
public sealed class ShapleyTaylorMethod : ExplanationMethod
{
    /// <inheritdoc/>
    public override string Name => "stii";

    /// <summary>The masks of fewer features than the order and those of one order of the features, so that every set is estimated; 2^n where that is less.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return PermutationDesign.LeastBudget(featureCount, settings.Order);
    }

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return OrderLimit.Reason(Name, settings.Order, featureCount, OrderLimit.MostDenseSets);
    }

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return PermutationEstimator.CreateDesign(this, featureCount, settings.Order, budget, settings);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel) =>
        PermutationEstimator.Decode(samples, settings, device);
}
