using Spex.Core.Trees;

namespace Spex.Engine.Decoding;

/// <summary>What a <see cref="ProxySearch"/> chose.</summary>
/// <param name="Settings">How the winner's trees grow.</param>
/// <param name="TreeCount">The winner's number of trees, 0 or more; a model may have fewer where no further split gained.</param>
/// <param name="Trees">The winner fitted to all samples.</param>
/// <param name="FoldTrees">The winner fitted without each fold.</param>
/// <param name="OutOfFold">N predictions: each sample's by the trees that did not see its fold; none where they were not wanted.</param>
/// <param name="SquaredError">Σ (y − ŷ)² of those predictions, as the search compared it.</param>
/// <param name="Boundaries">The folds' F + 1 ascending boundaries: fold f is samples [boundaries[f], boundaries[f+1]).</param>
/// <param name="Tried">Every configuration's best, in the order of the settings.</param>
internal sealed record ProxySearchResult(
    BoostingSettings Settings,
    int TreeCount,
    BoostedTrees Trees,
    BoostedTrees[] FoldTrees,
    double[] OutOfFold,
    double SquaredError,
    int[] Boundaries,
    IReadOnlyList<ProxyConfigurationResult> Tried);
