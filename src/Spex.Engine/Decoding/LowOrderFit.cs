using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>The best sparse fit of all sets of up to a few features: few strong sets kept as they are, many weak ones all made smaller, or the mean of both, as left-out samples tell.</summary>
internal static class LowOrderFit
{
    // Out-of-fold error, as a share of the variance, at which nothing is left to choose.
    private const double ExactShare = 1e-9;

    /// <summary>Fits the sets.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="order">Size of the largest set.</param>
    /// <param name="cancel">Stops the fit.</param>
    public static SparseFit Of(FoldedSamples samples, int order, CancellationToken cancel)
    {
        HashSet<FeatureSet> sets = [.. FeatureSets.UpTo(order, samples.FeatureCount)];
        SparseFit best = new SparseRefit(samples, order, cancel).Path([.. Enumerable.Repeat(sets, samples.FoldCount + 1)]);
        if (best.SquaredError <= ExactShare * samples.SumOfSquares)
        {
            return best;
        }

        SparseFit shrunk = LassoMethod.Fit(samples, order, cancel), mean = samples.MeanOf(best, shrunk);
        best = shrunk.SquaredError < best.SquaredError ? shrunk : best;
        return mean.SquaredError < best.SquaredError ? mean : best;
    }
}
