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
        SparseRefit refit = new(batch, settings.MaxDegree, cancel);
        FoldedSamples[] without = [.. functions.Where(function => _suggested[function.Number] is null)];
        if (without.Length > 0)
        {
            ProxySearchResult[] searches = Times.Measure("trees", () => Search(without));
            HashSet<FeatureSet>[][] suggested = Times.Measure("spectrum of the trees", () => Suggest(without, searches, refit));
            for (int k = 0; k < without.Length; k++)
            {
                _suggested[without[k].Number] = suggested[k];
            }
        }

        HashSet<FeatureSet>[][] sets = [.. functions.Select((function, k) => Array.ConvertAll(_suggested[function.Number]!, own => own.Union(alsoSuggested?[k] ?? []).ToHashSet()))];
        return Times.Measure("refit", () => Best(functions, refit.Fit(functions, sets)));
    }

    /// <summary>The fits, or those of single features where these are better: few samples suggest sets that only they know.</summary>
    private SparseFit[] Best(IReadOnlyList<FoldedSamples> functions, SparseFit[] fits)
    {
        int[] poor = [.. Enumerable.Range(0, fits.Length).Where(k => fits[k].SquaredError > WorthOrderOne * functions[k].SumOfSquares)];
        SparseFit[] singles = LowOrderFit.Of(Array.ConvertAll(poor, k => functions[k]), 1, cancel);
        for (int i = 0; i < poor.Length; i++)
        {
            ref SparseFit own = ref fits[poor[i]];
            own = singles[i].SquaredError < own.SquaredError ? singles[i] : own;
        }

        return fits;
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

    private HashSet<FeatureSet>[][] Suggest(FoldedSamples[] functions, ProxySearchResult[] searches, SparseRefit refit)
    {
        HashSet<FeatureSet>[][] suggested = refit.StrongestSingles(functions, MaxSingles);
        FeatureSet[] pairs = settings.MaxDegree < 2 || OrderLimit.SetCount(2, batch.FeatureCount) > MaxPairs ? [] : [.. FeatureSets.UpTo(2, batch.FeatureCount).Where(set => set.Count == 2)];
        for (int function = 0; function < functions.Length; function++)
        {
            BoostedTrees[] trees = [.. searches[function].FoldTrees, searches[function].Trees];
            for (int p = 0; p < trees.Length; p++)
            {
                cancel.ThrowIfCancellationRequested();
                suggested[function][p].UnionWith(pairs);
                suggested[function][p].UnionWith(TreeSpectrum.Strongest(trees[p], MaxTreeTerms, settings.MaxDegree).Select(term => term.Set));
            }
        }

        return suggested;
    }
}
