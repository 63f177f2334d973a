namespace Spex.Core.Trees;

/// <summary>One node of a <see cref="DecisionTree"/>: a split on one feature, or a leaf.</summary>
/// <param name="Feature">The feature that the node asks for; −1 in a leaf.</param>
/// <param name="Absent">Index of the child for masks without the feature; −1 in a leaf.</param>
/// <param name="Present">Index of the child for masks with the feature; −1 in a leaf.</param>
/// <param name="Value">What a leaf answers; 0 in a split.</param>
public readonly record struct TreeNode(int Feature, int Absent, int Present, double Value)
{
    /// <summary>Whether the node answers a value instead of asking for a feature.</summary>
    public bool IsLeaf => Feature < 0;

    /// <summary>A leaf.</summary>
    public static TreeNode Leaf(double value) => new(-1, -1, -1, value);

    /// <summary>A split.</summary>
    public static TreeNode Split(int feature, int absent, int present) => new(feature, absent, present, 0);
}
