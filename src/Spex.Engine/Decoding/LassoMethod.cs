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

    // From one threshold to the next; the path ends after some steps without a smaller error, or at a share of the first threshold.
    private const double Step = 0.85;
    private const int Patience = 4;
    private const double LeastShare = 1e-5;

    // Coefficients below this share of the values' standard deviation are rounding of float32 values.
    private const double RoundingShare = 1e-6;

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
        return Decode(samples, settings, device, folded => [.. folded.Functions.Select(function => Fit(function, Math.Min(settings.Order, HighestOrder), cancel))]);
    }

    /// <summary>The LASSO on all sets of up to <paramref name="order"/> features.</summary>
    internal static SparseFit Fit(FoldedSamples samples, int order, CancellationToken cancel)
    {
        FeatureSet[] sets = [.. FeatureSets.UpTo(order, samples.FeatureCount)];
        using SparseRegression regression = new(samples, sets, Array.ConvertAll(sets, set => set.Count == 0 ? 0.0 : 1.0));
        double largest = regression.LargestThreshold, threshold = largest, chosen = largest, least = double.PositiveInfinity;
        for (int since = 0; since < Patience && threshold >= LeastShare * largest; threshold *= Step, since++)
        {
            cancel.ThrowIfCancellationRequested();
            double error = regression.Descend(threshold, Shrinkage.Soft);
            if (error < least)
            {
                (least, since, chosen) = (error, -1, threshold);
                regression.Keep();
            }

            if (largest == 0)
            {
                break;
            }
        }

        double smallest = RoundingShare * Math.Sqrt(samples.Values.Sum(value => value * value) / samples.Count);
        return new SparseFit([.. regression.Kept().Select(fit => Array.FindAll(fit, term => Math.Abs(term.Coefficient) > smallest))], least, chosen);
    }
}
