using System.Numerics;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Which samples are in which leaf: a bit a sample, a row of words a leaf.</summary>
internal sealed class LeafSets(int wordCount, ulong lastWord)
{
    private readonly List<ulong[]> _sets = [];

    /// <summary>The samples of a leaf.</summary>
    public ulong[] this[int leaf] => _sets[leaf];

    /// <summary>Puts all samples into leaf 0.</summary>
    public void Start()
    {
        ulong[] all = Room(0);
        Array.Fill(all, ulong.MaxValue);
        all[^1] = lastWord;
    }

    /// <summary>Moves the samples of a leaf that have the feature to another leaf.</summary>
    public void Split(int leaf, int present, ReadOnlySpan<ulong> column)
    {
        ulong[] source = _sets[leaf], target = Room(present);
        int at = 0;
        for (; at + Vector<ulong>.Count <= source.Length; at += Vector<ulong>.Count)
        {
            Vector<ulong> samples = new(source, at), bits = new(column[at..]);
            (samples & bits).CopyTo(target, at);
            Vector.AndNot(samples, bits).CopyTo(source, at);
        }

        for (; at < source.Length; at++)
        {
            target[at] = source[at] & column[at];
            source[at] &= ~column[at];
        }
    }

    /// <summary>Takes a whole tree's steps off the residuals.</summary>
    public void Apply(DecisionTree tree, double unit, ReadOnlySpan<ulong> columns, int[] residuals)
    {
        Start();
        int leaves = 1;
        int[] leafOf = new int[tree.Nodes.Length];
        for (int i = 0; i < tree.Nodes.Length; i++)
        {
            TreeNode node = tree.Nodes[i];
            if (!node.IsLeaf)
            {
                Split(leafOf[i], leaves, columns.Slice(node.Feature * wordCount, wordCount));
                (leafOf[node.Absent], leafOf[node.Present]) = (leafOf[i], leaves++);
                continue;
            }

            int step = (int)(node.Value / unit);
            ulong[] set = _sets[leafOf[i]];
            for (int word = 0; word < set.Length; word++)
            {
                for (ulong bits = set[word]; bits != 0; bits &= bits - 1)
                {
                    ref int residual = ref residuals[(word * 64) + BitOperations.TrailingZeroCount(bits)];
                    residual = BoostingArithmetic.Update(residual, step);
                }
            }
        }
    }

    private ulong[] Room(int leaf)
    {
        while (_sets.Count <= leaf)
        {
            _sets.Add(new ulong[wordCount]);
        }

        return _sets[leaf];
    }
}
