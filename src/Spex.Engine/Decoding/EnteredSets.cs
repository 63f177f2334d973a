using System.Numerics;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>The sets that have entered any problem of a <see cref="SparseRegression"/>: their columns side by side, and their Gram matrix over all samples.</summary>
internal sealed class EnteredSets : IDisposable
{
    private readonly FoldedSamples _samples;
    private readonly DeviceBuffer<ulong> _all;
    private readonly Dictionary<int, int> _numbers = [];
    private readonly List<int> _sets = [];

    // X_aᵀX_b of every pair; sums of signs, exact in float32 up to 2^24 samples. Rows are longer than the sets are many.
    private readonly List<float[]> _rows = [];
    private DeviceBuffer<ulong> _columns;

    /// <summary>Makes an empty collection.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="all">The columns of all sets that may enter.</param>
    public EnteredSets(FoldedSamples samples, DeviceBuffer<ulong> all)
    {
        (_samples, _all) = (samples, all);
        _columns = samples.Device.Allocate<ulong>(64L * samples.Words);
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
        int known = _rows.Count, count = _sets.Count, words = _samples.Words;
        if (known == count)
        {
            return;
        }

        Device device = _samples.Device;
        AppendColumns(known);
        using DeviceBuffer<ulong> entering = device.Allocate<ulong>((long)(count - known) * words);
        _columns.CopyTo(entering, (count - known) * (long)words, (long)known * words);
        using DeviceBuffer<int> differing = device.Allocate<int>((count - known) * (long)count);
        device.SignMatrix.Gram(entering, count - known, _columns, count, _samples.Count, [0, _samples.Count], differing);
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
                row[a] = _samples.Count - (2 * counts[a]);
            }

            _rows.Add(row);
            for (int a = 0; a < known; a++)
            {
                _rows[a][b] = row[a];
            }
        }
    }

    /// <summary>Σ_j X_ij β_j of every sample.</summary>
    /// <param name="numbers">Numbers of sets here.</param>
    /// <param name="beta">Their coefficients.</param>
    public double[] Predict(List<int> numbers, List<double> beta)
    {
        double[] all = new double[_sets.Count], predictions = new double[_samples.Count];
        for (int a = 0; a < numbers.Count; a++)
        {
            all[numbers[a]] = beta[a];
        }

        using DeviceBuffer<double> coefficients = _samples.Device.Allocate<double>(all.Length);
        using DeviceBuffer<double> result = _samples.Device.Allocate<double>(predictions.Length);
        coefficients.CopyFrom(all);
        _samples.Device.SignMatrix.Predict(_columns, all.Length, predictions.Length, coefficients, result);
        result.CopyTo(predictions);
        return predictions;
    }

    /// <inheritdoc/>
    public void Dispose() => _columns.Dispose();

    private void AppendColumns(int known)
    {
        int words = _samples.Words;
        long needed = (long)_sets.Count * words;
        if (_columns.Length < needed)
        {
            DeviceBuffer<ulong> longer = _samples.Device.Allocate<ulong>(2 * needed);
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
