using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>The best sparse fit of all sets of up to a few features: few strong sets kept as they are, many weak ones all made smaller, or the mean of both, as left-out samples tell.</summary>
internal static class LowOrderFit
{
    // Out-of-fold error, as a share of the variance, at which nothing is left to choose.
    private const double ExactShare = 1e-9;

    /// <summary>Fits the sets.</summary>
    /// <param name="samples">Functions of one batch.</param>
    /// <param name="order">Size of the largest set.</param>
    /// <param name="cancel">Stops the fit.</param>
    public static SparseFit[] Of(IReadOnlyList<FoldedSamples> samples, int order, CancellationToken cancel)
    {
        if (samples.Count == 0)
        {
            return [];
        }

        HashSet<FeatureSet> sets = [.. FeatureSets.UpTo(order, samples[0].FeatureCount)];
        HashSet<FeatureSet>[] allowed = [.. Enumerable.Repeat(sets, samples[0].FoldCount + 1)];
        SparseFit[] best = new SparseRefit(samples[0].Batch, order, cancel).Path(samples, [.. Enumerable.Repeat(allowed, samples.Count)]);
        int[] inexact = [.. Enumerable.Range(0, best.Length).Where(k => best[k].SquaredError > ExactShare * samples[k].SumOfSquares)];
        FoldedSamples[] open = Array.ConvertAll(inexact, k => samples[k]);
        SparseFit[] shrunk = LassoMethod.Fit(open, order, cancel), means = FoldedBatch.MeansOf(open, Array.ConvertAll(inexact, k => best[k]), shrunk);
        for (int i = 0; i < inexact.Length; i++)
        {
            ref SparseFit own = ref best[inexact[i]];
            own = shrunk[i].SquaredError < own.SquaredError ? shrunk[i] : own;
            own = means[i].SquaredError < own.SquaredError ? means[i] : own;
        }

        return best;
    }
}
