namespace Spex.Core.Trees;

/// <summary>How one run of gradient boosting grows its trees. The number of trees is no setting: a shorter run is the beginning of a longer one.</summary>
/// <remarks>
/// Squared loss; growth is leaf-wise as in LightGBM (Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017):
/// the leaf whose best split gains most is split next. No penalty on leaf values and no least gain beyond being positive.
/// </remarks>
/// <param name="MaxDepth">The most splits on the way to a leaf, 1 or more; null for no limit but the number of leaves.</param>
/// <param name="LearningRate">Share of a leaf's mean residual that its tree takes, in (0, 1].</param>
public sealed record BoostingSettings(int? MaxDepth, double LearningRate)
{
    /// <summary>The most leaves of a tree, 2 to 255.</summary>
    public int MaxLeaves { get; init; } = 31;

    /// <summary>The fewest training samples in a leaf, 1 or more.</summary>
    public int MinSamplesInLeaf { get; init; } = 20;

    /// <summary>
    /// Whether splits are sought with gradients of four bits (Shi et al., "Quantized training of gradient boosting decision trees", NeurIPS 2022). Without, gradients are as fine as LightGBM's
    /// and so are the trees, split by split, until two splits gain equally much up to float32's rounding; growing them takes several times longer and on most functions predicts unseen masks no better.
    /// </summary>
    public bool QuantizedGradients { get; init; } = true;

    /// <summary>Checks every setting.</summary>
    /// <exception cref="SpexInputException">A setting is outside its range.</exception>
    public void Validate()
    {
        Require(MaxDepth is null or >= 1, $"The depth of boosted trees is {MaxDepth}; it is 1 or more, or not limited.");
        Require(LearningRate is > 0 and <= 1, $"The learning rate of boosted trees is {LearningRate}; it is above 0 and at most 1.");
        Require(MaxLeaves is >= 2 and <= 255, $"The most leaves of a boosted tree are {MaxLeaves}; allowed are 2 to 255.");
        Require(MinSamplesInLeaf >= 1, $"The fewest samples in a leaf are {MinSamplesInLeaf}; allowed are 1 or more.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"depth {(MaxDepth is { } depth ? depth : "unlimited")}, rate {LearningRate}";

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new SpexInputException(message);
        }
    }
}
