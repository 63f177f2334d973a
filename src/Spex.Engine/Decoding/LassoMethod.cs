using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// LASSO (Tibshirani, "Regression shrinkage and selection via the lasso", 1996) on the Fourier characters of single features, or of single features and pairs, and
/// uniformly random masks. <see cref="DecoderSettings.Order"/> 1 takes single features, a larger one pairs as well.
/// </summary>
/// <remarks>The path of falling thresholds by coordinate descent, the threshold by cross-validation; the constant is not shrunk.</remarks>
public sealed class LassoMethod : ExplanationMethod
{
    private const int HighestOrder = 2;
    private const int MostSets = 20_000;

    private static readonly PathRule Rule = new(Shrinkage.Soft, 0.85, 4) { LeastShare = 1e-5 };

    /// <inheritdoc/>
    public override string Name => "lasso";

    /// <summary>2: below that nothing can be left out to judge the fit.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => 2;

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);

        // Single features are a path like any other; only pairs can be too many.
        int order = Math.Min(settings.Order, HighestOrder);
        return order == 1 ? null : OrderLimit.Reason(Name, order, featureCount, Math.Max(MostSets, featureCount + 1L));
    }

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) => UniformMasks(this, featureCount, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return Decode(samples, settings, device, folded => Fit(folded.Functions, Math.Min(settings.Order, HighestOrder), cancel));
    }

    /// <summary>The LASSO of functions of one batch on all sets of up to <paramref name="order"/> features.</summary>
    internal static SparseFit[] Fit(IReadOnlyList<FoldedSamples> samples, int order, CancellationToken cancel)
    {
        if (samples.Count == 0)
        {
            return [];
        }

        FeatureSet[] sets = [.. FeatureSets.UpTo(order, samples[0].FeatureCount)];
        RegressionProblem problem = new(sets, Array.ConvertAll(sets, set => set.Count == 0 ? 0.0 : 1.0));
        return SparsePath.Follow(samples, [.. Enumerable.Repeat(problem, samples.Count)], Rule, null, cancel);
    }
}
