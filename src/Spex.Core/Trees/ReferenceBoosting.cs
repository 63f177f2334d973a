using Spex.Core.Masks;

namespace Spex.Core.Trees;

/// <summary>Gradient boosting of trees over masks, sample by sample and feature by feature: the scalar reference of every device's form.</summary>
/// <remarks>
/// Start: the rounded mean of the training values. A tree starts as one leaf. While it has fewer than MaxLeaves leaves, the leaf with the largest gain (ties: the leaf that came
/// first) is split on its best feature (largest score, ties: the lower feature), if a split with a positive gain and MinSamplesInLeaf training samples on either side exists. The absent
/// side keeps the leaf's place, the present side comes last, as in LightGBM. Then every leaf's step is taken off the residuals of all its samples, held out or not.
/// </remarks>
internal sealed class ReferenceBoosting
{
    private readonly MaskMatrix _masks;
    private readonly FixedPointValues _values;
    private readonly bool[] _heldOut;
    private readonly BoostingSettings _settings;
    private readonly List<DecisionTree> _trees = [];
    private readonly List<UInt128> _errors = [];
    private readonly int[] _residuals;
    private readonly int _bias;

    /// <summary>Starts a run.</summary>
    /// <param name="masks">N masks.</param>
    /// <param name="values">N values.</param>
    /// <param name="heldOut">N flags: samples that no tree may see; at least one sample is seen.</param>
    /// <param name="settings">How trees grow.</param>
    public ReferenceBoosting(MaskMatrix masks, ReadOnlySpan<float> values, bool[] heldOut, BoostingSettings settings)
    {
        _masks = masks;
        _values = new FixedPointValues(values);
        _heldOut = heldOut;
        _settings = settings;
        long sum = 0;
        int count = 0;
        for (int s = 0; s < heldOut.Length; s++)
        {
            if (!heldOut[s])
            {
                sum += _values.Fixed[s];
                count++;
            }
        }

        _bias = BoostingArithmetic.LeafStep(sum, count, 1);
        _residuals = [.. _values.Fixed.Select(value => BoostingArithmetic.Update(value, _bias))];
        AddError();
    }

    /// <summary>What has been grown.</summary>
    public BoostedTrees Trees => new(_masks.FeatureCount, _values.ToValue(_bias), _trees);

    /// <summary>The held-out samples' squared error after 0, 1, … trees, in units of (Unit · 2^ErrorShift)².</summary>
    public IReadOnlyList<UInt128> Errors => _errors;

    /// <summary>All samples' predictions.</summary>
    public double[] Predictions => [.. _residuals.Select((residual, s) => _values.ToValue(_values.Fixed[s] - residual))];

    /// <summary>Grows one tree; a tree that is one leaf ends the run, since all later ones would be like it.</summary>
    public bool Grow()
    {
        int largest = 0, count = 0;
        UInt128 squares = 0;
        for (int s = 0; s < _residuals.Length; s++)
        {
            if (!_heldOut[s])
            {
                largest = Math.Max(largest, Math.Abs(_residuals[s]));
                squares += BoostingArithmetic.SquaredError(_residuals[s]);
                count++;
            }
        }

        int shift = BoostingArithmetic.Shift(largest, squares, count, _settings.QuantizedGradients), limit = BoostingArithmetic.Limit(_settings.QuantizedGradients);
        int[] gradients = [.. _residuals.Select(residual => BoostingArithmetic.Gradient(residual, shift, limit))];
        List<TreeNode> nodes = [TreeNode.Leaf(0)];
        List<Leaf> leaves = [Examine(new Leaf(0, 0, [.. Enumerable.Range(0, _residuals.Length)]), gradients)];
        while (leaves.Count < _settings.MaxLeaves)
        {
            int best = 0;
            for (int l = 1; l < leaves.Count; l++)
            {
                best = leaves[l].Gain > leaves[best].Gain ? l : best;
            }

            Leaf leaf = leaves[best];
            if (!(leaf.Gain > 0))
            {
                break;
            }

            nodes[leaf.Node] = TreeNode.Split(leaf.Feature, nodes.Count, nodes.Count + 1);
            leaves[best] = Examine(new Leaf(nodes.Count, leaf.Depth + 1, [.. leaf.Samples.Where(s => !_masks[s, leaf.Feature])]), gradients);
            leaves.Add(Examine(new Leaf(nodes.Count + 1, leaf.Depth + 1, [.. leaf.Samples.Where(s => _masks[s, leaf.Feature])]), gradients));
            nodes.Add(TreeNode.Leaf(0));
            nodes.Add(TreeNode.Leaf(0));
        }

        if (leaves.Count == 1)
        {
            return false;
        }

        foreach (Leaf leaf in leaves)
        {
            int[] training = [.. leaf.Samples.Where(s => !_heldOut[s])];
            int step = BoostingArithmetic.LeafStep(training.Sum(s => (long)_residuals[s]), training.Length, _settings.LearningRate);
            nodes[leaf.Node] = TreeNode.Leaf(step * _values.Unit);
            foreach (int s in leaf.Samples)
            {
                _residuals[s] = BoostingArithmetic.Update(_residuals[s], step);
            }
        }

        _trees.Add(new DecisionTree([.. nodes]));
        AddError();
        return true;
    }

    private void AddError()
    {
        UInt128 error = 0;
        for (int s = 0; s < _residuals.Length; s++)
        {
            error += _heldOut[s] ? BoostingArithmetic.SquaredError(_residuals[s]) : 0;
        }

        _errors.Add(error);
    }

    /// <summary>Finds a leaf's best split.</summary>
    private Leaf Examine(Leaf leaf, int[] gradients)
    {
        int count = 0;
        long sum = 0;
        foreach (int s in leaf.Samples.Where(s => !_heldOut[s]))
        {
            count++;
            sum += gradients[s];
        }

        if (leaf.Depth == _settings.MaxDepth)
        {
            return leaf;
        }

        double bestScore = 0;
        for (int feature = 0; feature < _masks.FeatureCount; feature++)
        {
            int presentCount = 0;
            long presentSum = 0;
            foreach (int s in leaf.Samples.Where(s => !_heldOut[s] && _masks[s, feature]))
            {
                presentCount++;
                presentSum += gradients[s];
            }

            if (presentCount < _settings.MinSamplesInLeaf || count - presentCount < _settings.MinSamplesInLeaf)
            {
                continue;
            }

            double score = BoostingArithmetic.Score(count, sum, presentCount, presentSum);
            if (score > bestScore)
            {
                bestScore = score;
                leaf.Feature = feature;
                leaf.Gain = score / count;
            }
        }

        return leaf;
    }

    private sealed class Leaf(int node, int depth, int[] samples)
    {
        public int Node { get; } = node;

        public int Depth { get; } = depth;

        public int[] Samples { get; } = samples;

        public int Feature { get; set; } = -1;

        public double Gain { get; set; }
    }
}
