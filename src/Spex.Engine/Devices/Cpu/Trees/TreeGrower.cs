using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Masks;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Grows the next tree of a run; holds the room that one thread needs for it.</summary>
/// <remarks>Of two sisters only the one with fewer training samples (ties: the absent side) is summed; the other is its parent less that. Both are exact.</remarks>
internal sealed unsafe class TreeGrower
{
    private readonly NodeHistograms _histograms;
    private readonly int _wordCount;
    private readonly int _features;
    private readonly LeafSets _sets;
    private readonly byte[] _levels;
    private readonly int[] _indices;
    private readonly byte[] _leafOf;
    private readonly long[] _leafSums = new long[4 * 256];
    private readonly int[] _steps = new int[256];
    private readonly List<int[]> _sums = [];
    private readonly List<int[]> _counts = [];
    private readonly List<Leaf> _leaves = [];
    private readonly List<GrownTrees.Node> _nodes = [];

    public TreeGrower(BitRows rows, SixBitColumns? sixes)
    {
        int sampleCount = rows.EmptyRow;
        _histograms = NodeHistograms.Create(rows, sixes);
        _wordCount = MaskMatrix.WordsFor(sampleCount);
        _features = rows.ChunkCount * BitRows.ChunkFeatures;
        _sets = new LeafSets(sampleCount);
        _levels = GC.AllocateArray<byte>(sampleCount + 1, pinned: true);
        _indices = GC.AllocateArray<int>(sampleCount + NodeHistograms.IndexPadding, pinned: true);
        _leafOf = new byte[64 * _wordCount];
    }

    /// <summary>Grows one tree and takes its steps off the run's residuals; a tree that would be one leaf ends the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="columns">n × ⌈N/64⌉ words.</param>
    public void Grow(CpuBoostingRun run, ReadOnlySpan<ulong> columns)
    {
        BoostingSettings settings = run.Settings;
        run.WriteLevels(_levels);
        _leaves.Clear();
        _nodes.Clear();
        _nodes.Add(default);
        _sets.Start();
        Leaf root = new() { Count = run.TrainingCount, Sum = SumRoot(run) };
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

    /// <summary>The histogram of all training samples, whose counts are the same for every tree, and the sum of their gradients.</summary>
    private long SumRoot(CpuBoostingRun run)
    {
        Room(0);
        int[] sums = _sums[0];
        if (run.Counts is { } counts && _histograms.TrySumAllLevels(Pointer(_levels), Pointer(_indices), Pointer(sums)))
        {
            counts.CopyTo(_counts[0], 0);
            Vector<int> limit = new(BoostingArithmetic.GradientLimit);
            for (int at = 0; at < sums.Length; at += Vector<int>.Count)
            {
                (new Vector<int>(sums, at) - (limit * new Vector<int>(counts, at))).CopyTo(sums, at);
            }
        }
        else
        {
            Sum(run, 0, 0);
            run.Counts ??= [.. _counts[0]];
        }

        long total = -(long)run.TrainingCount * BoostingArithmetic.GradientLimit;
        int s = 0;
        for (; Avx2.IsSupported && s + 32 <= run.Residuals.Length; s += 32)
        {
            total += Vector256.Sum(Avx2.SumAbsoluteDifferences(Vector256.Create<byte>(_levels.AsSpan(s, 32)), default).AsInt64());
        }

        for (; s < run.Residuals.Length; s++)
        {
            total += _levels[s];
        }

        return total;
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
            Room(other);
            Sum(run, presentIsLess ? other : at, other);
            Subtract(_sums[at], _sums[other]);
            Subtract(_counts[at], _counts[other]);
            if (!presentIsLess)
            {
                // The absent side was summed into the new slot: the slots change places.
                (_sums[at], _sums[other]) = (_sums[other], _sums[at]);
                (_counts[at], _counts[other]) = (_counts[other], _counts[at]);
            }

            FindSplit(ref absent, at, settings);
            FindSplit(ref present, other, settings);
        }

        _leaves[at] = absent;
        _leaves.Add(present);
    }

    /// <summary>The histogram of a leaf's training samples.</summary>
    private void Sum(CpuBoostingRun run, int leaf, int slot)
    {
        Room(slot);
        int count = SampleLists.Write(_sets[leaf], run.Training, Pointer(_indices));
        _histograms.Sum(Pointer(_levels), Pointer(_indices), count, Pointer(_sums[slot]), Pointer(_counts[slot]));
    }

    private void FindSplit(ref Leaf leaf, int slot, BoostingSettings settings)
    {
        if (leaf.Count < 2L * settings.MinSamplesInLeaf || leaf.Depth == settings.MaxDepth)
        {
            return;
        }

        int feature = SplitSearch.Best(Pointer(_sums[slot]), Pointer(_counts[slot]), _features, leaf.Count, leaf.Sum, settings.MinSamplesInLeaf, out double score);
        if (feature >= 0)
        {
            leaf.Feature = feature;
            leaf.Gain = score / leaf.Count;
            leaf.PresentCount = _counts[slot][feature];
            leaf.PresentSum = _sums[slot][feature];
        }
    }

    private void Room(int slot)
    {
        while (_sums.Count <= slot)
        {
            _sums.Add(GC.AllocateArray<int>(_features, pinned: true));
            _counts.Add(GC.AllocateArray<int>(_features, pinned: true));
        }
    }

    private static void Subtract(int[] from, int[] less)
    {
        for (int at = 0; at < from.Length; at += Vector<int>.Count)
        {
            (new Vector<int>(from, at) - new Vector<int>(less, at)).CopyTo(from, at);
        }
    }

    /// <summary>The first element of a pinned array.</summary>
    private static T* Pointer<T>(T[] pinned)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

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
