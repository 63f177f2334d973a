using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// LIME (Ribeiro, Singh and Guestrin, "'Why should I trust you?' Explaining the predictions of any classifier", KDD 2016), as the experiments of SPEX set it up: single
/// features on uniformly random masks.
/// </summary>
/// <remarks>
/// Weighted ridge regression with α = 1 and an intercept that is not shrunk. A mask m weighs √exp(−d²/25²), d = 1 − √(|m|/n) its cosine distance from the mask
/// with all features; the mask without features has d = 1. These are the defaults of LIME for tables at kernel width 25.
/// </remarks>
public sealed class LimeMethod : ExplanationMethod
{
    private const double KernelWidth = 25;
    private const double Alpha = 1;

    /// <inheritdoc/>
    public override string Name => "lime";

    /// <summary>2: below that nothing can be left out to judge the fit.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => 2;

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings) => OrderLimit.Reason(Name, 1, featureCount, OrderLimit.MostDenseSets);

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) => UniformMasks(this, featureCount, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        int n = samples[0].Design.FeatureCount;
        return Decode(samples, settings, device, folded => RidgeRegression.Fit(folded, 1, [Alpha], size => Weight(size, n), cancel));
    }

    private static double Weight(int size, int featureCount)
    {
        double distance = 1 - Math.Sqrt((double)size / featureCount);
        return Math.Sqrt(Math.Exp(-distance * distance / (KernelWidth * KernelWidth)));
    }
}
