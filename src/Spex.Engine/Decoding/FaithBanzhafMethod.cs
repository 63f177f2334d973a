using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Faith-Banzhaf (Tsai, Yeh and Ravikumar, "Faith-Shap: The faithful Shapley interaction index", JMLR 2023): least squares on all sets of up to
/// <see cref="DecoderSettings.Order"/> features and uniformly random masks, whose AND coefficients are the FBII of that order; order 1 is the Banzhaf value.
/// </summary>
/// <remarks>Ridge regression in the AND basis as in the experiments of SPEX, α of 0.1, 1 and 10 by cross-validation; the constant is not shrunk.</remarks>
public sealed class FaithBanzhafMethod : ExplanationMethod
{
    private static readonly double[] Alphas = [0.1, 1, 10];

    /// <inheritdoc/>
    public override string Name => "faith-banzhaf";

    /// <summary>2: below that nothing can be left out to judge the fit.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => 2;

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return OrderLimit.Reason(Name, settings.Order, featureCount, OrderLimit.MostDenseSets);
    }

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) => UniformMasks(this, featureCount, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Decode(samples, settings, device, folded => RidgeRegression.Fit(folded, settings.Order, Alphas, static _ => 1, cancel));
    }
}
