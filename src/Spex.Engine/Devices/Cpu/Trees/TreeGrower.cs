using System.Runtime.InteropServices;
using Spex.Core.Masks;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Grows the next tree of a run; holds the room that one thread needs for it.</summary>
/// <remarks>Of two sisters only the one with fewer training samples (ties: the absent side) is summed; the other is its parent less that. Both are exact.</remarks>
internal sealed class TreeGrower
{
    private readonly LeafHistograms _histograms;
    private readonly int _wordCount;
    private readonly LeafSets _sets;
    private readonly byte[] _leafOf;
    private readonly long[] _leafSums = new long[4 * 256];
    private readonly int[] _steps = new int[256];
    private readonly List<Leaf> _leaves = [];
    private readonly List<GrownTrees.Node> _nodes = [];

    public TreeGrower(BitRows rows, SixBitColumns? sixes)
    {
        int sampleCount = rows.EmptyRow;
        _histograms = new LeafHistograms(rows, sixes);
        _wordCount = MaskMatrix.WordsFor(sampleCount);
        _sets = new LeafSets(sampleCount);
        _leafOf = new byte[64 * _wordCount];
    }

    /// <summary>Grows one tree and takes its steps off the run's residuals; a tree that would be one leaf ends the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="columns">n × ⌈N/64⌉ words.</param>
    public void Grow(CpuBoostingRun run, ReadOnlySpan<ulong> columns)
    {
        BoostingSettings settings = run.Settings;
        _histograms.Start(run);
        _leaves.Clear();
        _nodes.Clear();
        _nodes.Add(default);
        _sets.Start();
        Leaf root = new() { Count = run.TrainingCount, Sum = _histograms.SumRoot(run, _sets[0]) };
        FindSplit(ref root, 0, settings);
        _leaves.Add(root);
        while (_leaves.Count < settings.MaxLeaves)
        {
            int best = 0;
            for (int l = 1; l < _leaves.Count; l++)
            {
                best = _leaves[l].Gain > _leaves[best].Gain ? l : best;
            }

            if (!(_leaves[best].Gain > 0))
            {
                break;
            }

            Split(run, best, columns);
        }

        if (_leaves.Count == 1)
        {
            run.HasEnded = true;
            return;
        }

        _sets.WriteLeafOf(_leaves.Count, _leafOf);
        Array.Clear(_leafSums);
        run.SumLeaves(_leafOf, _leafSums);
        for (int l = 0; l < _leaves.Count; l++)
        {
            _steps[l] = BoostingArithmetic.LeafStep(_leafSums[l], _leaves[l].Count, settings.LearningRate);
            _nodes[_leaves[l].Node] = new GrownTrees.Node(-1, -1, _steps[l]);
        }

        run.Take(_leafOf, _steps);
        run.Trees.Add(CollectionsMarshal.AsSpan(_nodes));
        run.Judge();
    }

    private void Split(CpuBoostingRun run, int at, ReadOnlySpan<ulong> columns)
    {
        BoostingSettings settings = run.Settings;
        Leaf leaf = _leaves[at];
        int other = _leaves.Count;
        Leaf absent = new() { Node = _nodes.Count, Depth = leaf.Depth + 1, Count = leaf.Count - leaf.PresentCount, Sum = leaf.Sum - leaf.PresentSum };
        Leaf present = new() { Node = _nodes.Count + 1, Depth = leaf.Depth + 1, Count = leaf.PresentCount, Sum = leaf.PresentSum };
        _nodes[leaf.Node] = new GrownTrees.Node(leaf.Feature, absent.Node, 0);
        _nodes.Add(default);
        _nodes.Add(default);
        _sets.Split(at, other, columns.Slice(leaf.Feature * _wordCount, _wordCount));

        // No histogram for leaves that can never be split: too deep, the last two of a full tree, or both too small.
        bool open = absent.Depth != settings.MaxDepth && other + 1 < settings.MaxLeaves
            && Math.Max(absent.Count, present.Count) >= 2L * settings.MinSamplesInLeaf;
        if (open)
        {
            bool presentIsLess = present.Count < absent.Count;
            _histograms.Split(run, _sets[presentIsLess ? other : at], at, other, presentIsLess);
            FindSplit(ref absent, at, settings);
            FindSplit(ref present, other, settings);
        }

        _leaves[at] = absent;
        _leaves.Add(present);
    }

    private void FindSplit(ref Leaf leaf, int at, BoostingSettings settings)
    {
        if (leaf.Count < 2L * settings.MinSamplesInLeaf || leaf.Depth == settings.MaxDepth)
        {
            return;
        }

        int feature = _histograms.BestSplit(at, leaf.Count, leaf.Sum, settings.MinSamplesInLeaf, out double score);
        if (feature >= 0)
        {
            leaf.Feature = feature;
            leaf.Gain = score / leaf.Count;
            leaf.PresentCount = _histograms.CountOf(at, feature);
            leaf.PresentSum = _histograms.SumOf(at, feature);
        }
    }

    private struct Leaf
    {
        public int Node;
        public int Depth;
        public int Count;
        public long Sum;
        public int Feature;
        public double Gain;
        public int PresentCount;
        public long PresentSum;
    }
}
