using System.Numerics;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Which samples are in which leaf: a bit a sample, a row of words a leaf.</summary>
internal sealed class LeafSets(int sampleCount)
{
    private readonly int _words = Spex.Core.Masks.MaskMatrix.WordsFor(sampleCount);
    private readonly List<ulong[]> _sets = [];

    /// <summary>The samples of a leaf.</summary>
    public ulong[] this[int leaf] => _sets[leaf];

    /// <summary>Puts all samples into leaf 0.</summary>
    public void Start()
    {
        ulong[] all = Room(0);
        Array.Fill(all, ulong.MaxValue);
        all[^1] = Spex.Core.Masks.MaskMatrix.LastWordMask(sampleCount);
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

    /// <summary>Splits all samples by a whole tree and gives its leaves' steps in the order of the sets.</summary>
    /// <returns>Number of leaves.</returns>
    public int Follow(ReadOnlySpan<GrownTrees.Node> nodes, ReadOnlySpan<ulong> columns, Span<int> steps)
    {
        Start();
        int leaves = 1;
        Span<int> leafOf = stackalloc int[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            GrownTrees.Node node = nodes[i];
            if (node.Feature < 0)
            {
                steps[leafOf[i]] = node.Step;
                continue;
            }

            Split(leafOf[i], leaves, columns.Slice(node.Feature * _words, _words));
            (leafOf[node.Absent], leafOf[node.Absent + 1]) = (leafOf[i], leaves++);
        }

        return leaves;
    }

    /// <summary>Writes each sample's leaf.</summary>
    /// <param name="leaves">Number of leaves.</param>
    /// <param name="leafOf">64 bytes a word of samples.</param>
    public void WriteLeafOf(int leaves, Span<byte> leafOf)
    {
        // Byte 8j + b of the broadcast word is shuffled to its byte j and asked for bit b.
        Vector256<byte> bytes = Vector256.Create((byte)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
        Vector256<byte> bits = Vector256.Create(0x8040201008040201).AsByte();
        leafOf.Clear();
        for (int leaf = 1; leaf < leaves; leaf++)
        {
            ulong[] set = _sets[leaf];
            Vector256<byte> number = Vector256.Create((byte)leaf);
            for (int word = 0; word < set.Length; word++)
            {
                ulong samples = set[word];
                if (samples == 0)
                {
                    continue;
                }

                for (int half = 0; half < 2; half++)
                {
                    Vector256<byte> spread = Vector256.Shuffle(Vector256.Create((uint)(samples >> (32 * half))).AsByte(), bytes) & bits;
                    Span<byte> target = leafOf.Slice((word * 64) + (32 * half), 32);
                    Vector256.ConditionalSelect(Vector256.Equals(spread, bits), number, Vector256.Create<byte>(target)).CopyTo(target);
                }
            }
        }
    }

    private ulong[] Room(int leaf)
    {
        while (_sets.Count <= leaf)
        {
            _sets.Add(new ulong[_words]);
        }

        return _sets[leaf];
    }
}
