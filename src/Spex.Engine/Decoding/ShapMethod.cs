using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// KernelSHAP (Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017): Shapley values as the additive function that fits best under the
/// Shapley kernel and gives both corners exactly.
/// </summary>
/// <remarks>
/// Paired masks, sizes by the kernel and complete where the budget carries them. Errors on left-out masks are weighted by size, so that they tell what uniform masks would.
/// </remarks>
public sealed class ShapMethod : ExplanationMethod
{
    /// <inheritdoc/>
    public override string Name => "shap";

    /// <summary>n + 2: both corners and a mask a feature; 2^n where that is less.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => ShapleyKernelRegression.LeastBudget(1, featureCount);

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings) => OrderLimit.Reason(Name, 1, featureCount, OrderLimit.MostDenseSets);

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) =>
        ShapleyKernelRegression.CreateDesign(this, featureCount, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel) =>
        ShapleyKernelRegression.Decode(samples, 1, settings, device, cancel);
}
