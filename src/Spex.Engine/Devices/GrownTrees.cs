using System.Runtime.InteropServices;
using Spex.Core.Trees;

namespace Spex.Engine.Devices;

/// <summary>The trees of a run, node after node in one array: nothing is allocated for a single tree.</summary>
internal sealed class GrownTrees
{
    private Node[] _nodes = new Node[1024];
    private readonly List<int> _starts = [0];

    /// <summary>Number of trees.</summary>
    public int Count => _starts.Count - 1;

    /// <summary>Nodes of a tree, root first; children count from the tree's root.</summary>
    public ReadOnlySpan<Node> this[int tree] => _nodes.AsSpan(_starts[tree].._starts[tree + 1]);

    /// <summary>All trees' nodes, one tree after another.</summary>
    public ReadOnlySpan<Node> Nodes => _nodes.AsSpan(0, _starts[^1]);

    /// <summary>Where each tree's nodes begin, and the end of the last.</summary>
    public ReadOnlySpan<int> Starts => CollectionsMarshal.AsSpan(_starts);

    /// <summary>Adds a tree.</summary>
    public void Add(ReadOnlySpan<Node> nodes)
    {
        int end = _starts[^1] + nodes.Length;
        if (end > _nodes.Length)
        {
            Array.Resize(ref _nodes, Math.Max(end, 2 * _nodes.Length));
        }

        nodes.CopyTo(_nodes.AsSpan(_starts[^1]));
        _starts.Add(end);
    }

    /// <summary>Forgets all trees after the first <paramref name="count"/>.</summary>
    public void Truncate(int count) => _starts.RemoveRange(count + 1, Count - count);

    /// <summary>The trees with their leaves' values.</summary>
    public BoostedTrees ToTrees(int featureCount, double bias, double unit)
    {
        DecisionTree[] trees = new DecisionTree[Count];
        for (int t = 0; t < trees.Length; t++)
        {
            ReadOnlySpan<Node> nodes = this[t];
            TreeNode[] full = new TreeNode[nodes.Length];
            for (int i = 0; i < full.Length; i++)
            {
                full[i] = nodes[i].Feature < 0 ? TreeNode.Leaf(nodes[i].Step * unit) : TreeNode.Split(nodes[i].Feature, nodes[i].Absent, nodes[i].Absent + 1);
            }

            trees[t] = new DecisionTree(full);
        }

        return new BoostedTrees(featureCount, bias, trees);
    }

    /// <summary>A split (the present child follows the absent one) or, with feature −1, a leaf and what it takes off residuals.</summary>
    public readonly record struct Node(int Feature, int Absent, int Step);
}
