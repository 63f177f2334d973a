using Spex.Core.Spectra;
using Spex.Core.Trees;

namespace Spex.Engine.Decoding;

/// <summary>
/// Samples → boosted trees → the sets of their Fourier spectra → sparse refit (Butler et al., "ProxySPEX: Inference-Efficient Interpretability via Sparse
/// Feature Interactions in LLMs", 2025).
/// </summary>
/// <remarks>
/// What differs from the paper and its implementations: how many coefficients stay is decided by cross-validation, not by a share of the proxy's energy, which caps R² near 0.95 and
/// loses spectra of one or of equal terms; the constant always stays; single features and neighbours of what was found may enter.
/// </remarks>
internal sealed class ProxySpexDecoder(FoldedSamples samples, DecoderSettings settings, CancellationToken cancel)
{
    // Terms of the trees' spectrum, and single features, that the refit may take at the start.
    private const int MaxTreeTerms = 400;
    private const int MaxSingles = 1000;

    // Pairs are all suggested where there are no more of them: n = 63. Functions with many weak pairs have no few that trees would show.
    private const int MaxPairs = 2048;

    // Error, as a share of the variance, above which single features may do better.
    private const double WorthOrderOne = 0.02;

    private HashSet<FeatureSet>[]? _suggested;

    /// <summary>Seconds of each part.</summary>
    public PartTimes Times { get; } = new();

    /// <summary>Fits trees (once), reads their sets and refits these.</summary>
    /// <param name="alsoSuggested">Sets that another method has found, which every fit may take.</param>
    public SparseFit Fit(IEnumerable<FeatureSet>? alsoSuggested = null)
    {
        SparseRefit refit = new(samples, settings.MaxDegree, cancel);
        if (_suggested is null)
        {
            ProxySearchResult search = Times.Measure("trees", Search);
            _suggested = Times.Measure("spectrum of the trees", () => Suggest(search, refit));
        }

        HashSet<FeatureSet>[] sets = [.. _suggested.Select(own => own.Union(alsoSuggested ?? []).ToHashSet())];
        return Times.Measure("refit", () => Best(refit.Fit(sets)));
    }

    /// <summary>A fit, or that of single features where it is the better one: few samples suggest sets that only they know.</summary>
    private SparseFit Best(SparseFit fit)
    {
        if (fit.SquaredError <= WorthOrderOne * samples.SumOfSquares)
        {
            return fit;
        }

        SparseFit singles = LowOrderFit.Of(samples, 1, cancel);
        return singles.SquaredError < fit.SquaredError ? singles : fit;
    }

    private ProxySearchResult Search() => ProxySearch.Run(
        samples.Device,
        samples.MaskColumns,
        Array.ConvertAll(samples.Values, value => (float)value),
        samples.FeatureCount,
        samples.Boundaries,
        settings.ProxySearch ?? ProxySearchSettings.For(samples.Count),
        false,
        cancel);

    private HashSet<FeatureSet>[] Suggest(ProxySearchResult search, SparseRefit refit)
    {
        HashSet<FeatureSet>[] suggested = refit.StrongestSingles(MaxSingles);
        FeatureSet[] pairs = settings.MaxDegree < 2 || OrderLimit.SetCount(2, samples.FeatureCount) > MaxPairs ? [] : [.. FeatureSets.UpTo(2, samples.FeatureCount).Where(set => set.Count == 2)];
        BoostedTrees[] trees = [.. search.FoldTrees, search.Trees];
        for (int p = 0; p < trees.Length; p++)
        {
            cancel.ThrowIfCancellationRequested();
            suggested[p].UnionWith(pairs);
            suggested[p].UnionWith(TreeSpectrum.Strongest(trees[p], MaxTreeTerms, settings.MaxDegree).Select(term => term.Set));
        }

        return suggested;
    }
}
