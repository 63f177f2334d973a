using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Shapley values by permutation sampling (Castro, Gómez and Tejada, "Polynomial calculation of the Shapley value based on sampling", 2009), each random order of the features followed by
/// its reverse (Mitchell, Cooper, Frank and Holmes, JMLR 2022): a feature's value is what it adds to those before it, on average.
/// </summary>
/// <remarks>
/// Every mask is evaluated once, whatever number of orders pass through it. A budget of all masks, up to 20 features, averages over all orders. Errors on left-out
/// masks are weighted by size, so that they tell what uniform masks would.
/// </remarks>
public sealed class PermutationShapMethod : ExplanationMethod
{
    /// <inheritdoc/>
    public override string Name => "permutation-shap";

    /// <summary>n + 2; 2^n where that is less.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => PermutationDesign.LeastBudget(featureCount, 1);

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) =>
        PermutationEstimator.CreateDesign(this, featureCount, 1, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel) =>
        PermutationEstimator.Decode(samples, settings, device);
}
