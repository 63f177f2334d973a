using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Faith-Shap (Tsai, Yeh and Ravikumar, "Faith-Shap: The faithful Shapley interaction index", JMLR 2023): all sets of up to <see cref="DecoderSettings.Order"/> features, fitted
/// under the Shapley kernel and bound to give both corners exactly; their AND coefficients are the FSII of that order.
/// </summary>
/// <remarks>The masks are those of <see cref="ShapMethod"/>, which is its order 1.</remarks>
public sealed class FaithShapMethod : ExplanationMethod
{
    /// <inheritdoc/>
    public override string Name => "faith-shap";

    /// <summary>Both corners and a mask for each set; 2^n where that is less.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ShapleyKernelRegression.LeastBudget(settings.Order, featureCount);
    }

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return OrderLimit.Reason(Name, settings.Order, featureCount, OrderLimit.MostDenseSets);
    }

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) =>
        ShapleyKernelRegression.CreateDesign(this, featureCount, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ShapleyKernelRegression.Decode(samples, settings.Order, settings, device, cancel);
    }
}
