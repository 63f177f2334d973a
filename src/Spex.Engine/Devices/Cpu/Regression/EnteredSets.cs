using System.Numerics;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>The sets that have entered any problem of a <see cref="CpuRegressionPath"/>: their columns side by side, and their Gram matrix over all samples.</summary>
internal sealed class EnteredSets : IDisposable
{
    /// <summary>Sets of a block: as many as fill a vector.</summary>
    public const int BlockSize = 16;

    private readonly CpuDevice _device;
    private readonly DeviceBuffer<ulong> _all;
    private readonly int _sampleCount;
    private readonly int _words;
    private readonly Dictionary<int, int> _numbers = [];
    private readonly List<int> _sets = [];

    // X_aᵀX_b of every pair; sums of signs, exact in float32 up to 2^24 samples. Rows are longer than the sets are many.
    private readonly List<float[]> _rows = [];
    private DeviceBuffer<ulong> _columns;

    /// <summary>Makes an empty collection.</summary>
    /// <param name="device">The device.</param>
    /// <param name="all">The columns of all sets that may enter.</param>
    /// <param name="sampleCount">N.</param>
    public EnteredSets(CpuDevice device, DeviceBuffer<ulong> all, int sampleCount)
    {
        (_device, _all, _sampleCount, _words) = (device, all, sampleCount, MaskMatrix.WordsFor(sampleCount));
        _columns = device.Allocate<ulong>(64L * _words);
    }

    /// <summary>The number of a set here; a set that is new comes in.</summary>
    public int NumberOf(int set)
    {
        if (!_numbers.TryGetValue(set, out int number))
        {
            number = _sets.Count;
            _numbers.Add(set, number);
            _sets.Add(set);
        }

        return number;
    }

    /// <summary>Number of sets.</summary>
    public int Count => _sets.Count;

    /// <summary>X_aᵀX_b over all samples for every set b; zeros follow, up to whole blocks.</summary>
    public ReadOnlySpan<float> Products(int a) => _rows[a];

    /// <summary>The number of sets, up to whole blocks.</summary>
    public static int Padded(int count) => (count + BlockSize - 1) / BlockSize * BlockSize;

    /// <summary>Computes what the Gram matrix lacks of the sets that are new.</summary>
    public void ComputeGram()
    {
        int known = _rows.Count, count = _sets.Count, words = _words;
        if (known == count)
        {
            return;
        }

        int entered = count - known;
        AppendColumns(known);
        using DeviceBuffer<ulong> entering = _device.Allocate<ulong>((long)entered * words);
        _columns.CopyTo(entering, entered * (long)words, (long)known * words);
        int[] withKnown = Differing(entering, entered, _columns, known), among = Differing(entering, entered, entering, entered);
        int capacity = Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)count));
        for (int a = 0; a < known && _rows[a].Length < count; a++)
        {
            float[] wider = new float[capacity];
            _rows[a].CopyTo(wider, 0);
            _rows[a] = wider;
        }

        for (int b = known; b < count; b++)
        {
            float[] row = new float[capacity];
            for (int a = 0; a < known; a++)
            {
                row[a] = _rows[a][b] = _sampleCount - (2 * withKnown[((b - known) * known) + a]);
            }

            for (int a = known; a < count; a++)
            {
                row[a] = _sampleCount - (2 * among[((b - known) * entered) + a - known]);
            }

            _rows.Add(row);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _columns.Dispose();

    /// <summary>In how many samples the columns of one side differ from those of the other; of one with itself, each pair is counted once.</summary>
    private int[] Differing(DeviceBuffer<ulong> left, int leftCount, DeviceBuffer<ulong> right, int rightCount)
    {
        int[] counts = new int[(long)leftCount * rightCount];
        using DeviceBuffer<int> differing = _device.Allocate<int>(counts.Length);
        _device.SignMatrix.Gram(left, leftCount, right, rightCount, _sampleCount, [0, _sampleCount], differing);
        differing.CopyTo(counts);
        return counts;
    }

    private void AppendColumns(int known)
    {
        int words = _words;
        long needed = (long)_sets.Count * words;
        if (_columns.Length < needed)
        {
            DeviceBuffer<ulong> longer = _device.Allocate<ulong>(2 * needed);
            _columns.CopyTo(longer, (long)known * words);
            _columns.Dispose();
            _columns = longer;
        }

        for (int b = known; b < _sets.Count; b++)
        {
            _all.CopyTo(_columns, words, (long)_sets[b] * words, (long)b * words);
        }
    }
}
