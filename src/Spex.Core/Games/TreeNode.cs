namespace Spex.Core.Games;

/// <summary>A node of a <see cref="TreeGame"/>: a split on a feature's presence, or a leaf.</summary>
/// <param name="Feature">The feature that is asked; −1 for a leaf.</param>
/// <param name="Absent">Index of the child where the feature is absent.</param>
/// <param name="Present">Index of the child where the feature is present.</param>
/// <param name="Value">A leaf's value.</param>
public readonly record struct TreeNode(int Feature, int Absent, int Present, double Value)
{
    /// <summary>Whether the node is a leaf.</summary>
    public bool IsLeaf => Feature < 0;

    /// <summary>A leaf.</summary>
    public static TreeNode Leaf(double value) => new(-1, -1, -1, value);
}
