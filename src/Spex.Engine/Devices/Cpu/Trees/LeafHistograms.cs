using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>The histograms of a growing tree's leaves: for every feature the count of training samples that have it and the sum of their gradients.</summary>
/// <remarks>A gradient is summed digit by digit (<see cref="BoostingArithmetic"/>): a row of sums a digit, put together where splits are compared. A quantized gradient is one digit.</remarks>
internal sealed unsafe class LeafHistograms
{
    private readonly NodeHistograms _nodes;
    private readonly int _samples;
    private readonly int _features;
    private readonly int[] _indices;
    private readonly long[] _whole;
    private readonly List<int[]> _sums = [];
    private readonly List<int[]> _counts = [];
    private byte[] _levels = [];
    private int _digits;
    private int _mostDigits;

    public LeafHistograms(BitRows rows, SixBitColumns? sixes)
    {
        _nodes = NodeHistograms.Create(rows, sixes);
        _samples = rows.EmptyRow;
        _features = rows.ChunkCount * BitRows.ChunkFeatures;
        _indices = GC.AllocateArray<int>(_samples + NodeHistograms.IndexPadding, pinned: true);
        _whole = new long[_features];
    }

    /// <summary>Takes the gradients of a run's next tree.</summary>
    public void Start(CpuBoostingRun run)
    {
        _digits = run.Digits;
        if (_digits > _mostDigits)
        {
            _mostDigits = _digits;
            _levels = GC.AllocateArray<byte>(_digits * (_samples + 1), pinned: true);
            _sums.Clear();
            _counts.Clear();
        }

        run.WriteLevels(_levels.AsSpan(0, _digits * (_samples + 1)));
    }

    /// <summary>Leaf 0 with all training samples, whose counts are the same for every tree.</summary>
    /// <returns>The sum of their gradients.</returns>
    public long SumRoot(CpuBoostingRun run, ulong[] all)
    {
        Room(0);
        bool done = run.Counts is not null;
        for (int digit = 0; digit < _digits && done; digit++)
        {
            done = _nodes.TrySumAllLevels(Levels(digit), Pointer(_indices), Sums(0, digit));
        }

        if (done)
        {
            run.Counts!.CopyTo(_counts[0], 0);
            Vector<int> limit = new(BoostingArithmetic.DigitLimit);
            for (int row = 0; row < _digits * _features; row += _features)
            {
                for (int at = 0; at < _features; at += Vector<int>.Count)
                {
                    (new Vector<int>(_sums[0], row + at) - (limit * new Vector<int>(run.Counts, at))).CopyTo(_sums[0], row + at);
                }
            }
        }
        else
        {
            Sum(run, all, 0);
            run.Counts ??= [.. _counts[0]];
        }

        long total = 0;
        for (int digit = _digits - 1; digit >= 0; digit--)
        {
            long levels = SumOf(_levels.AsSpan(digit * (_samples + 1), _samples));
            total = (total * BoostingArithmetic.DigitBase) + levels - ((long)run.TrainingCount * BoostingArithmetic.DigitLimit);
        }

        return total;
    }

    /// <summary>After a split: sums the side with fewer training samples and takes it off what the leaf had, which is the other side's.</summary>
    /// <param name="run">The run.</param>
    /// <param name="samples">The samples of that side.</param>
    /// <param name="leaf">The leaf that was split, from now on its absent side.</param>
    /// <param name="other">The present side, a new leaf.</param>
    /// <param name="presentIsLess">Whether the side is the present one.</param>
    public void Split(CpuBoostingRun run, ulong[] samples, int leaf, int other, bool presentIsLess)
    {
        Room(other);
        Sum(run, samples, other);
        Subtract(_sums[leaf], _sums[other], _digits * _features);
        Subtract(_counts[leaf], _counts[other], _features);
        if (!presentIsLess)
        {
            // The absent side was summed into the new leaf's place: they change places.
            (_sums[leaf], _sums[other]) = (_sums[other], _sums[leaf]);
            (_counts[leaf], _counts[other]) = (_counts[other], _counts[leaf]);
        }
    }

    /// <summary>The feature on which a leaf is best split, or −1: <see cref="SplitSearch"/>.</summary>
    public int BestSplit(int leaf, int count, long sum, int least, out double score)
    {
        if (_digits == 1 && SplitSearch.IsSupported)
        {
            return SplitSearch.Best(Sums(leaf, 0), Pointer(_counts[leaf]), _features, count, sum, least, out score);
        }

        Array.Clear(_whole);
        for (int row = (_digits - 1) * _features; row >= 0; row -= _features)
        {
            AddDigit(_sums[leaf].AsSpan(row, _features), _whole);
        }

        return SplitSearch.Best(_whole, _counts[leaf], count, sum, least, out score);
    }

    /// <summary>Training samples of a leaf that have a feature.</summary>
    public int CountOf(int leaf, int feature) => _counts[leaf][feature];

    /// <summary>The sum of their gradients.</summary>
    public long SumOf(int leaf, int feature)
    {
        long sum = 0;
        for (int at = ((_digits - 1) * _features) + feature; at >= 0; at -= _features)
        {
            sum = (sum * BoostingArithmetic.DigitBase) + _sums[leaf][at];
        }

        return sum;
    }

    private static long SumOf(ReadOnlySpan<byte> levels)
    {
        long total = 0;
        int at = 0;
        for (; Avx2.IsSupported && at + 32 <= levels.Length; at += 32)
        {
            total += Vector256.Sum(Avx2.SumAbsoluteDifferences(Vector256.Create(levels.Slice(at, 32)), default).AsInt64());
        }

        for (; at < levels.Length; at++)
        {
            total += levels[at];
        }

        return total;
    }

    /// <summary>Appends a lower digit to numbers: 15 times them and that.</summary>
    private static void AddDigit(ReadOnlySpan<int> digit, Span<long> numbers)
    {
        for (int at = 0; at < digit.Length; at += Vector<int>.Count)
        {
            Span<long> lower = numbers[at..], upper = lower[Vector<long>.Count..];
            Vector.Widen(new Vector<int>(digit[at..]), out Vector<long> lowerDigits, out Vector<long> upperDigits);
            ((new Vector<long>(lower) * BoostingArithmetic.DigitBase) + lowerDigits).CopyTo(lower);
            ((new Vector<long>(upper) * BoostingArithmetic.DigitBase) + upperDigits).CopyTo(upper);
        }
    }

    private static void Subtract(int[] from, int[] less, int length)
    {
        for (int at = 0; at < length; at += Vector<int>.Count)
        {
            (new Vector<int>(from, at) - new Vector<int>(less, at)).CopyTo(from, at);
        }
    }

    /// <summary>The first element of a pinned array.</summary>
    private static T* Pointer<T>(T[] pinned)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    private void Sum(CpuBoostingRun run, ulong[] samples, int leaf)
    {
        int count = SampleLists.Write(samples, run.Training, Pointer(_indices));
        for (int digit = 0; digit < _digits; digit++)
        {
            _nodes.Sum(Levels(digit), Pointer(_indices), count, Sums(leaf, digit), Pointer(_counts[leaf]));
        }
    }

    private byte* Levels(int digit) => Pointer(_levels) + (digit * (_samples + 1));

    private int* Sums(int leaf, int digit) => Pointer(_sums[leaf]) + (digit * _features);

    private void Room(int leaf)
    {
        while (_sums.Count <= leaf)
        {
            _sums.Add(GC.AllocateArray<int>(_mostDigits * _features, pinned: true));
            _counts.Add(GC.AllocateArray<int>(_features, pinned: true));
        }
    }
}
