using System.Numerics;
using System.Runtime.CompilerServices;
using Spex.Core.Masks;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Grows the next tree of a run; holds the room that one thread needs for it.</summary>
/// <remarks>Of two sisters only the one with fewer training samples (ties: the absent side) is summed; the other is its parent less that. Both are exact.</remarks>
internal sealed unsafe class TreeGrower
{
    private readonly BitRows _rows;
    private readonly FixedPointValues _values;
    private readonly int _sampleCount;
    private readonly int _wordCount;
    private readonly int _positions;
    private readonly LeafSets _sets;
    private readonly ushort[] _positives;
    private readonly int[] _indices;
    private readonly byte[] _tables;
    private readonly byte[] _scratch = GC.AllocateArray<byte>(128 * TreeHistogram.BlockGroups, pinned: true);
    private readonly double[] _scores;
    private readonly List<int[]> _sums = [];
    private readonly List<int[]> _counts = [];
    private readonly List<Leaf> _leaves = [];
    private readonly List<TreeNode> _nodes = [];

    public TreeGrower(BitRows rows, FixedPointValues values, int sampleCount)
    {
        const int Step = TreeHistogram.GroupSamples * TreeHistogram.StepGroups;
        _rows = rows;
        _values = values;
        _sampleCount = sampleCount;
        _wordCount = MaskMatrix.WordsFor(sampleCount);
        _positions = rows.ChunkCount * BitRows.ChunkFeatures;
        _sets = new LeafSets(_wordCount, MaskMatrix.LastWordMask(sampleCount));
        _positives = GC.AllocateArray<ushort>(sampleCount + 1, pinned: true);
        _indices = GC.AllocateArray<int>(sampleCount + Step, pinned: true);
        _tables = GC.AllocateArray<byte>((sampleCount + Step) / TreeHistogram.GroupSamples * TreeHistogram.TableBytes, pinned: true);
        _scores = GC.AllocateArray<double>(_positions, pinned: true);
    }

    /// <summary>Which samples are in which leaf of the last tree.</summary>
    public LeafSets Sets => _sets;

    /// <summary>Grows one tree and takes its steps off the run's residuals; a tree that would be one leaf ends the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="columns">n × ⌈N/64⌉ words.</param>
    public void Grow(CpuBoostingRun run, ReadOnlySpan<ulong> columns)
    {
        BoostingSettings settings = run.Settings;
        WriteGradients(run);
        _leaves.Clear();
        _nodes.Clear();
        _nodes.Add(TreeNode.Leaf(0));
        _sets.Start();
        Leaf root = new() { Count = run.TrainingCount };
        Sum(run, 0, 0, ref root.Sum);
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

        for (int l = 0; l < _leaves.Count; l++)
        {
            int step = TakeStep(run, l);
            _nodes[_leaves[l].Node] = TreeNode.Leaf(step * _values.Unit);
        }

        run.Trees.Add(new DecisionTree([.. _nodes]));
        run.AddError();
    }

    private void Split(CpuBoostingRun run, int at, ReadOnlySpan<ulong> columns)
    {
        BoostingSettings settings = run.Settings;
        Leaf leaf = _leaves[at];
        int other = _leaves.Count;
        Leaf absent = new() { Node = _nodes.Count, Depth = leaf.Depth + 1, Count = leaf.Count - leaf.PresentCount, Sum = leaf.Sum - leaf.PresentSum };
        Leaf present = new() { Node = _nodes.Count + 1, Depth = leaf.Depth + 1, Count = leaf.PresentCount, Sum = leaf.PresentSum };
        _nodes[leaf.Node] = TreeNode.Split(leaf.Feature, absent.Node, present.Node);
        _nodes.Add(TreeNode.Leaf(0));
        _nodes.Add(TreeNode.Leaf(0));
        _sets.Split(at, other, columns.Slice(leaf.Feature * _wordCount, _wordCount));

        // No histogram for leaves that can never be split: too deep, the last two of a full tree, or both too small.
        bool open = absent.Depth != settings.MaxDepth && other + 1 < settings.MaxLeaves
            && Math.Max(absent.Count, present.Count) >= 2L * settings.MinSamplesInLeaf;
        if (open)
        {
            bool presentIsLess = present.Count < absent.Count;
            long _ = 0;
            Room(other);
            if (presentIsLess)
            {
                Sum(run, other, other, ref _);
            }
            else
            {
                // The absent side is summed into the new slot, then the slots change places.
                Sum(run, at, other, ref _);
            }

            Subtract(_sums[at], _sums[other]);
            Subtract(_counts[at], _counts[other]);
            if (!presentIsLess)
            {
                (_sums[at], _sums[other]) = (_sums[other], _sums[at]);
                (_counts[at], _counts[other]) = (_counts[other], _counts[at]);
            }

            FindSplit(ref absent, at, settings);
            FindSplit(ref present, other, settings);
        }

        _leaves[at] = absent;
        _leaves.Add(present);
    }

    /// <summary>Rounds the residuals to gradients and makes them positive.</summary>
    private void WriteGradients(CpuBoostingRun run)
    {
        int largest = 0;
        for (int word = 0; word < _wordCount; word++)
        {
            for (ulong bits = run.Training[word]; bits != 0; bits &= bits - 1)
            {
                largest = Math.Max(largest, Math.Abs(run.Residuals[(word * 64) + BitOperations.TrailingZeroCount(bits)]));
            }
        }

        int shift = BoostingArithmetic.Shift(largest);
        for (int s = 0; s < _sampleCount; s++)
        {
            _positives[s] = (ushort)(BoostingArithmetic.Gradient(run.Residuals[s], shift) + TreeHistogram.Offset);
        }
    }

    /// <summary>The histogram of a leaf's training samples, and their gradients' sum.</summary>
    private void Sum(CpuBoostingRun run, int leaf, int slot, ref long total)
    {
        ulong[] set = _sets[leaf];
        int count = 0;
        for (int word = 0; word < set.Length; word++)
        {
            for (ulong bits = set[word] & run.Training[word]; bits != 0; bits &= bits - 1)
            {
                int s = (word * 64) + BitOperations.TrailingZeroCount(bits);
                _indices[count++] = s;
                total += _positives[s] - TreeHistogram.Offset;
            }
        }

        while (count % (TreeHistogram.GroupSamples * TreeHistogram.StepGroups) != 0)
        {
            _indices[count++] = _rows.EmptyRow;
        }

        Room(slot);
        Array.Clear(_sums[slot]);
        Array.Clear(_counts[slot]);
        int groups = count / TreeHistogram.GroupSamples;
        TreeHistogram.WriteTables(Pointer(_positives), Pointer(_indices), groups, Pointer(_tables));
        for (int chunk = 0; chunk < _rows.ChunkCount; chunk++)
        {
            int at = chunk * BitRows.ChunkFeatures;
            TreeHistogram.Accumulate(
                _rows.DangerousChunk(chunk), Pointer(_indices), Pointer(_tables), groups, Pointer(_scratch), Pointer(_sums[slot]) + at, Pointer(_counts[slot]) + at);
        }
    }

    private void FindSplit(ref Leaf leaf, int slot, BoostingSettings settings)
    {
        if (leaf.Count < 2L * settings.MinSamplesInLeaf || leaf.Depth == settings.MaxDepth)
        {
            return;
        }

        int position = SplitSearch.Best(
            Pointer(_sums[slot]), Pointer(_counts[slot]), _positions, leaf.Count, leaf.Sum, settings.MinSamplesInLeaf, Pointer(_scores), out double score);
        if (position >= 0)
        {
            leaf.Feature = SplitSearch.Feature(position);
            leaf.Gain = score / leaf.Count;
            leaf.PresentCount = _counts[slot][position];
            leaf.PresentSum = _sums[slot][position];
        }
    }

    /// <summary>Takes a leaf's step off its samples' residuals, held out or not.</summary>
    private int TakeStep(CpuBoostingRun run, int leaf)
    {
        ulong[] set = _sets[leaf];
        int[] residuals = run.Residuals;
        long sum = 0;
        for (int word = 0; word < set.Length; word++)
        {
            for (ulong bits = set[word] & run.Training[word]; bits != 0; bits &= bits - 1)
            {
                sum += residuals[(word * 64) + BitOperations.TrailingZeroCount(bits)];
            }
        }

        int step = BoostingArithmetic.LeafStep(sum, _leaves[leaf].Count, run.Settings.LearningRate);
        for (int word = 0; word < set.Length; word++)
        {
            for (ulong bits = set[word]; bits != 0; bits &= bits - 1)
            {
                ref int residual = ref residuals[(word * 64) + BitOperations.TrailingZeroCount(bits)];
                residual = BoostingArithmetic.Update(residual, step);
            }
        }

        return step;
    }

    private void Room(int slot)
    {
        while (_sums.Count <= slot)
        {
            _sums.Add(GC.AllocateArray<int>(_positions, pinned: true));
            _counts.Add(GC.AllocateArray<int>(_positions, pinned: true));
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
        where T : unmanaged => (T*)Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(pinned));

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
