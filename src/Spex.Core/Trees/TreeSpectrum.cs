using Spex.Core.Spectra;

namespace Spex.Core.Trees;

/// <summary>The Fourier spectrum of trees, exactly.</summary>
/// <remarks>
/// A node v that splits on feature i, with uniform means a and p of its absent and present side, adds [m reaches v]·(−1)^{m_i}·(a − p)/2 to the mean of
/// the tree, and [m reaches v] = Π_j (1 ± (−1)^{m_j})/2 over the splits above it (+ where the way goes to the absent side). So a node at depth d gives 2^d terms,
/// each the node's feature together with a subset of the features above: the recursion of Butler et al., "ProxySPEX" (2025), without its intermediate
/// maps, and linear in the number of terms that are written. Terms are added in the order of trees and nodes, so the bits are always the same.
/// </remarks>
public sealed class TreeSpectrum
{
    /// <summary>The most terms that are written; deep trees without a cap on the degree could ask for 2^depth a node.</summary>
    internal const double MaxTermCount = 1 << 28;

    private readonly SetAccumulator _terms = new();
    private readonly int _maxDegree;
    private readonly List<(int Feature, bool Present)> _path = [];
    private readonly List<(int Feature, int Sign)> _sorted = [];
    private readonly List<int> _picked = [];
    private DecisionTree _tree = null!;
    private double _written;

    private TreeSpectrum(int maxDegree) => _maxDegree = maxDegree;

    /// <summary>The spectrum of a sum of trees.</summary>
    /// <param name="trees">The trees.</param>
    /// <param name="maxDegree">Sets of more features are left out, 0 or more; the constant is always kept.</param>
    /// <exception cref="SpexException">More than 2^28 terms would be written.</exception>
    public static Spectrum Extract(BoostedTrees trees, int maxDegree = int.MaxValue)
    {
        (SetAccumulator terms, double mean) = Sum(trees, maxDegree);
        return new Spectrum(trees.FeatureCount, terms.ToTerms().Prepend(new SpectrumTerm(FeatureSet.Empty, mean)));
    }

    /// <summary>The terms of largest magnitude in the spectrum of a sum of trees, without the constant; the strongest first, of equal ones that of the smaller set.</summary>
    /// <param name="trees">The trees.</param>
    /// <param name="most">At most so many, 1 or more.</param>
    /// <param name="maxDegree">Sets of more features are left out, 0 or more.</param>
    /// <exception cref="SpexException">More than 2^28 terms would be written.</exception>
    public static SpectrumTerm[] Strongest(BoostedTrees trees, int most, int maxDegree = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        return [.. Sum(trees, maxDegree).Terms.Strongest(most)];
    }

    private static (SetAccumulator Terms, double Mean) Sum(BoostedTrees trees, int maxDegree)
    {
        ArgumentNullException.ThrowIfNull(trees);
        ArgumentOutOfRangeException.ThrowIfNegative(maxDegree);
        TreeSpectrum extraction = new(maxDegree);
        double mean = trees.Bias;
        foreach (DecisionTree tree in trees.Trees)
        {
            extraction._tree = tree;
            mean += extraction.Visit(0);
        }

        return (extraction._terms, mean);
    }

    /// <summary>Adds the terms of every split at or under a node and gives the mean of the subtree on the masks that reach it.</summary>
    private double Visit(int index)
    {
        TreeNode node = _tree.Nodes[index];
        if (node.IsLeaf)
        {
            return node.Value;
        }

        // A feature that was asked for already is decided: only one side can be reached.
        foreach ((int feature, bool present) in _path)
        {
            if (feature == node.Feature)
            {
                return Visit(present ? node.Present : node.Absent);
            }
        }

        _path.Add((node.Feature, false));
        double absent = Visit(node.Absent);
        _path[^1] = (node.Feature, true);
        double presentMean = Visit(node.Present);
        _path.RemoveAt(_path.Count - 1);

        double half = (absent - presentMean) / 2;
        if (half != 0 && _maxDegree > 0)
        {
            Announce(_path.Count, _maxDegree - 1);
            _sorted.Clear();
            foreach ((int feature, bool present) in _path)
            {
                _sorted.Add((feature, present ? -1 : 1));
            }

            _sorted.Add((node.Feature, 0));
            _sorted.Sort(static (a, b) => a.Feature.CompareTo(b.Feature));
            Pick(0, _maxDegree - 1, SetAccumulator.EmptyHash, Math.ScaleB(half, -_path.Count));
        }

        return (absent + presentMean) / 2;
    }

    /// <summary>Counts the terms before they are written: Σ_{k ≤ room} C(depth, k).</summary>
    private void Announce(int depth, int room)
    {
        double ways = 1;
        for (int k = 0; k <= Math.Min(depth, room); k++)
        {
            _written += ways;
            ways = ways * (depth - k) / (k + 1);
        }

        if (_written > MaxTermCount)
        {
            throw new SpexException($"The trees have more than {MaxTermCount:N0} Fourier coefficients; a cap on the degree (--max-degree) makes them fewer.");
        }
    }

    /// <summary>Walks all subsets of the features above a node, ascending, with the node's own feature (sign 0) always in.</summary>
    private void Pick(int at, int room, ulong hash, double coefficient)
    {
        if (at == _sorted.Count)
        {
            _terms.Add(_picked, hash, coefficient);
            return;
        }

        (int feature, int sign) = _sorted[at];
        if (sign != 0)
        {
            Pick(at + 1, room, hash, coefficient);
            if (room == 0)
            {
                return;
            }

            room--;
            coefficient *= sign;
        }

        _picked.Add(feature);
        Pick(at + 1, room, SetAccumulator.Extend(hash, feature), coefficient);
        _picked.RemoveAt(_picked.Count - 1);
    }
}
