using Spex.Core.Masks;

namespace Spex.Core.Trees;

/// <summary>A binary tree over masks: every inner node asks whether one feature is present, every leaf answers a number. Immutable.</summary>
/// <remarks>Node 0 is the root and children come after their parent, so a loop over the nodes sees every parent first.</remarks>
public sealed class DecisionTree
{
    private readonly TreeNode[] _nodes;

    /// <summary>Makes a tree from its nodes; the array is kept, not copied.</summary>
    /// <exception cref="ArgumentException">There is no node, a child does not come after its parent, or a node has not exactly one parent.</exception>
    public DecisionTree(TreeNode[] nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        if (nodes.Length == 0)
        {
            throw new ArgumentException("A tree has at least one node.", nameof(nodes));
        }

        int[] depths = new int[nodes.Length];
        bool[] reached = new bool[nodes.Length];
        int leaves = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            TreeNode node = nodes[i];
            if (i > 0 && !reached[i])
            {
                throw new ArgumentException($"Node {i} of the tree has no parent before it.", nameof(nodes));
            }

            if (node.IsLeaf)
            {
                leaves++;
                continue;
            }

            foreach (int child in (ReadOnlySpan<int>)[node.Absent, node.Present])
            {
                if (child <= i || child >= nodes.Length || reached[child])
                {
                    throw new ArgumentException($"Node {i} of the tree has child {child}; children come after their parent and have one parent.", nameof(nodes));
                }

                reached[child] = true;
                depths[child] = depths[i] + 1;
            }

            MaxFeature = Math.Max(MaxFeature, node.Feature);
        }

        _nodes = nodes;
        LeafCount = leaves;
        Depth = depths.Max();
    }

    /// <summary>The nodes, root first.</summary>
    public ReadOnlySpan<TreeNode> Nodes => _nodes;

    /// <summary>Number of leaves, 1 or more.</summary>
    public int LeafCount { get; }

    /// <summary>Splits on the longest way to a leaf: the degree of the tree's spectrum is at most this.</summary>
    public int Depth { get; }

    /// <summary>The largest feature that any split asks for; −1 where the tree is a single leaf.</summary>
    public int MaxFeature { get; } = -1;

    /// <summary>The value of the leaf that a mask reaches.</summary>
    /// <param name="mask">Words laid out as a <see cref="MaskMatrix"/> row.</param>
    public double Evaluate(ReadOnlySpan<ulong> mask)
    {
        ref readonly TreeNode node = ref _nodes[0];
        while (!node.IsLeaf)
        {
            bool present = ((mask[node.Feature >> 6] >> (node.Feature & 63)) & 1) != 0;
            node = ref _nodes[present ? node.Present : node.Absent];
        }

        return node.Value;
    }
}
