namespace Spex.Core.Games;

/// <summary>A sum of decision trees over the mask's bits: f(m) = scale · Σ_trees leaf.</summary>
public sealed class TreeGame : Game
{
    private readonly TreeNode[] _nodes;
    private readonly int[] _roots;

    /// <summary>Makes the game.</summary>
    /// <param name="featureCount">Number of features n.</param>
    /// <param name="nodes">The nodes of all trees.</param>
    /// <param name="roots">Each tree's root, as an index into the nodes.</param>
    /// <param name="scale">Factor on the sum of the leaves.</param>
    /// <param name="featureNames">n names, or null.</param>
    /// <exception cref="SpexInputException">A feature, child or root is out of range, a child does not come after its parent, or a number is NaN or infinite.</exception>
    public TreeGame(int featureCount, IReadOnlyList<TreeNode> nodes, IReadOnlyList<int> roots, double scale = 1, IReadOnlyList<string>? featureNames = null)
        : base(featureCount, featureNames)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(roots);
        _nodes = [.. nodes];
        _roots = [.. roots];
        Scale = Finite(scale, "The trees' scale");
        for (int i = 0; i < _nodes.Length; i++)
        {
            TreeNode node = _nodes[i];
            if (node.IsLeaf)
            {
                Finite(node.Value, $"Leaf {i}");
            }
            else if (node.Feature >= featureCount)
            {
                throw new SpexInputException($"Tree node {i} splits on feature {node.Feature}; with n = {featureCount} features they are 0 to {featureCount - 1}.");
            }
            else if (node.Absent <= i || node.Present <= i || node.Absent >= _nodes.Length || node.Present >= _nodes.Length)
            {
                // Children after their parents: no walk can run in a circle.
                throw new SpexInputException($"Tree node {i} has the children {node.Absent} and {node.Present}; children come after their parent, up to {_nodes.Length - 1}.");
            }
        }

        foreach (int root in _roots)
        {
            if (root < 0 || root >= _nodes.Length)
            {
                throw new SpexInputException($"A tree's root is node {root}; there are the nodes 0 to {_nodes.Length - 1}.");
            }
        }
    }

    /// <summary>Factor on the sum of the leaves.</summary>
    public double Scale { get; }

    /// <summary>The nodes of all trees.</summary>
    public IReadOnlyList<TreeNode> Nodes => _nodes;

    /// <summary>Each tree's root.</summary>
    public IReadOnlyList<int> Roots => _roots;

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<ulong> mask)
    {
        double sum = 0;
        foreach (int root in _roots)
        {
            ref readonly TreeNode node = ref _nodes[root];
            while (!node.IsLeaf)
            {
                node = ref _nodes[((mask[node.Feature >> 6] >> node.Feature) & 1) == 0 ? node.Absent : node.Present];
            }

            sum += node.Value;
        }

        return Scale * sum;
    }

    /// <inheritdoc/>
    private protected override void WriteContent(ContentWriter content)
    {
        content.Add(Scale);
        content.Add(_roots.Length);
        foreach (int root in _roots)
        {
            content.Add(root);
        }

        content.Add(_nodes.Length);
        foreach (TreeNode node in _nodes)
        {
            content.Add(node.Feature);
            content.Add(node.Absent);
            content.Add(node.Present);
            content.Add(node.Value);
        }
    }
}
