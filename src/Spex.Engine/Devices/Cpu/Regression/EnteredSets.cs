using System.Numerics;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>The sets that have entered any problem of a <see cref="CpuRegressionPath"/>: their columns side by side, and their Gram matrix over all samples.</summary>
internal sealed class EnteredSets : IDisposable
{
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

    /// <summary>X_aᵀX_b over all samples for every set b.</summary>
    public ReadOnlySpan<float> Products(int a) => _rows[a].AsSpan(0, _sets.Count);

    /// <summary>Computes what the Gram matrix lacks of the sets that are new.</summary>
    public void ComputeGram()
    {
        int known = _rows.Count, count = _sets.Count, words = _words;
        if (known == count)
        {
            return;
        }

        CpuDevice device = _device;
        AppendColumns(known);
        using DeviceBuffer<ulong> entering = device.Allocate<ulong>((long)(count - known) * words);
        _columns.CopyTo(entering, (count - known) * (long)words, (long)known * words);
        using DeviceBuffer<int> differing = device.Allocate<int>((count - known) * (long)count);
        device.SignMatrix.Gram(entering, count - known, _columns, count, _sampleCount, [0, _sampleCount], differing);
        int[] counts = new int[count];
        int capacity = Math.Max(64, (int)BitOperations.RoundUpToPowerOf2((uint)count));
        for (int a = 0; a < known && _rows[a].Length < count; a++)
        {
            float[] wider = new float[capacity];
            _rows[a].CopyTo(wider, 0);
            _rows[a] = wider;
        }

        for (int b = known; b < count; b++)
        {
            differing.CopyTo(counts, (b - known) * (long)count);
            float[] row = new float[capacity];
            for (int a = 0; a < count; a++)
            {
                row[a] = _sampleCount - (2 * counts[a]);
            }

            _rows.Add(row);
            for (int a = 0; a < known; a++)
            {
                _rows[a][b] = row[a];
            }
        }
    }

    /// <summary>X_aᵀr of every set, for each of several right-hand sides r of N numbers.</summary>
    public double[] Project(DeviceBuffer<double> values, int rightSides)
    {
        double[] products = new double[rightSides * _sets.Count];
        using DeviceBuffer<double> sums = _device.Allocate<double>(products.Length);
        _device.SignMatrix.Project(_columns, _sets.Count, _sampleCount, values, rightSides, [0, _sampleCount], sums);
        sums.CopyTo(products);
        return products;
    }

    /// <summary>Σ_j X_ij β_j of every sample.</summary>
    /// <param name="numbers">Numbers of sets here.</param>
    /// <param name="beta">Their coefficients.</param>
    public double[] Predict(List<int> numbers, List<double> beta)
    {
        double[] all = new double[_sets.Count], predictions = new double[_sampleCount];
        for (int a = 0; a < numbers.Count; a++)
        {
            all[numbers[a]] = beta[a];
        }

        using DeviceBuffer<double> coefficients = _device.Allocate<double>(all.Length);
        using DeviceBuffer<double> result = _device.Allocate<double>(predictions.Length);
        coefficients.CopyFrom(all);
        _device.SignMatrix.Predict(_columns, all.Length, predictions.Length, coefficients, result);
        result.CopyTo(predictions);
        return predictions;
    }

    /// <inheritdoc/>
    public void Dispose() => _columns.Dispose();

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
