using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Trees;

/// <summary>A sum of trees: f(m) = bias + Σ_t tree_t(m). Immutable.</summary>
public sealed class BoostedTrees
{
    private readonly DecisionTree[] _trees;

    /// <summary>Makes a sum of trees.</summary>
    /// <param name="featureCount">Number of features n.</param>
    /// <param name="bias">The constant that the trees are added to.</param>
    /// <param name="trees">The trees, in the order in which they were grown.</param>
    /// <exception cref="ArgumentException">A tree asks for a feature outside 0 … n−1.</exception>
    public BoostedTrees(int featureCount, double bias, IEnumerable<DecisionTree> trees)
    {
        ArgumentNullException.ThrowIfNull(trees);
        FeatureCount = featureCount;
        Bias = bias;
        _trees = [.. trees];
        foreach (DecisionTree tree in _trees)
        {
            if (tree.MaxFeature >= featureCount)
            {
                throw new ArgumentException($"A tree asks for feature {tree.MaxFeature}; the features are 0 … {featureCount - 1}.", nameof(trees));
            }
        }
    }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>The constant that the trees are added to: the mean of the values they were fitted to.</summary>
    public double Bias { get; }

    /// <summary>The trees, in the order in which they were grown.</summary>
    public IReadOnlyList<DecisionTree> Trees => _trees;

    /// <summary>The first <paramref name="count"/> trees: what boosting had reached by then.</summary>
    public BoostedTrees Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _trees.Length);
        return count == _trees.Length ? this : new BoostedTrees(FeatureCount, Bias, _trees.AsSpan(0, count).ToArray());
    }

    /// <summary>f(m) for a mask laid out as a <see cref="MaskMatrix"/> row.</summary>
    public double Evaluate(ReadOnlySpan<ulong> mask)
    {
        double sum = Bias;
        foreach (DecisionTree tree in _trees)
        {
            sum += tree.Evaluate(mask);
        }

        return sum;
    }

    /// <summary>f(m) of every row.</summary>
    public double[] Evaluate(MaskMatrix masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The trees have {FeatureCount} features, the masks {masks.FeatureCount}.", nameof(masks));
        }

        double[] values = new double[masks.RowCount];
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = Evaluate(masks.Row(row));
        }

        return values;
    }

    /// <summary>The Fourier coefficients of the sum; see <see cref="TreeSpectrum"/>.</summary>
    /// <param name="maxDegree">Sets of more features are left out; what remains is the best approximation of that degree on uniform masks.</param>
    public Spectrum ToSpectrum(int maxDegree = int.MaxValue) => TreeSpectrum.Extract(this, maxDegree);
}
