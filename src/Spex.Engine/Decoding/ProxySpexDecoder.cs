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
internal sealed class ProxySpexDecoder(FoldedBatch batch, DecoderSettings settings, CancellationToken cancel)
{
    // Terms of the trees' spectrum, and single features, that the refit may take at the start.
    private const int MaxTreeTerms = 400;
    private const int MaxSingles = 1000;

    // Pairs are all suggested where there are no more of them: n = 63. Functions with many weak pairs have no few that trees would show.
    private const int MaxPairs = 2048;

    // Error, as a share of the variance, above which single features may do better.
    private const double WorthOrderOne = 0.02;

    private readonly HashSet<FeatureSet>[]?[] _suggested = new HashSet<FeatureSet>[]?[batch.Functions.Count];

    /// <summary>Seconds of each part.</summary>
    public PartTimes Times { get; } = new();

    /// <summary>Fits trees (once), reads their sets and refits these.</summary>
    /// <param name="functions">Functions of the batch.</param>
    /// <param name="alsoSuggested">For each of them sets that another method has found, which every fit may take.</param>
    public SparseFit[] Fit(IReadOnlyList<FoldedSamples> functions, IReadOnlyList<IEnumerable<FeatureSet>>? alsoSuggested = null)
    {
        FoldedSamples[] without = [.. functions.Where(function => _suggested[function.Number] is null)];
        ProxySearchResult[] searches = Times.Measure("trees", () => Search(without));
        Times.Measure("spectrum of the trees", () => without.Select((function, k) => _suggested[function.Number] = Suggest(function, searches[k])).ToArray());
        return Times.Measure("refit", () => functions.Select((function, k) => Refit(function, alsoSuggested?[k] ?? [])).ToArray());
    }

    private SparseFit Refit(FoldedSamples samples, IEnumerable<FeatureSet> alsoSuggested) =>
        Best(samples, new SparseRefit(samples, settings.MaxDegree, cancel).Fit([.. _suggested[samples.Number]!.Select(own => own.Union(alsoSuggested).ToHashSet())]));

    /// <summary>A fit, or that of single features where it is the better one: few samples suggest sets that only they know.</summary>
    private SparseFit Best(FoldedSamples samples, SparseFit fit)
    {
        if (fit.SquaredError <= WorthOrderOne * samples.SumOfSquares)
        {
            return fit;
        }

        SparseFit singles = LowOrderFit.Of(samples, 1, cancel);
        return singles.SquaredError < fit.SquaredError ? singles : fit;
    }

    private ProxySearchResult[] Search(FoldedSamples[] functions)
    {
        ProxySearchSettings search = settings.ProxySearch ?? ProxySearchSettings.For(batch.Count);
        return MemoryBatches.Run(batch.Device, functions.Length, ProxySearch.BytesOf(batch.Count, batch.FeatureCount, batch.Boundaries.Length, search), range => ProxySearch.Run(
            batch.Device,
            batch.MaskColumns,
            [.. functions.Take(range).Select(function => Array.ConvertAll(function.Values, value => (float)value))],
            batch.FeatureCount,
            batch.Boundaries,
            search,
            false,
            cancel));
    }

    private HashSet<FeatureSet>[] Suggest(FoldedSamples samples, ProxySearchResult search)
    {
        HashSet<FeatureSet>[] suggested = new SparseRefit(samples, settings.MaxDegree, cancel).StrongestSingles(MaxSingles);
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
