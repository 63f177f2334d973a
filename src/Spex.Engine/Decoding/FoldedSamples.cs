using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Decoding;

/// <summary>
/// Samples in a shuffled order, cut into folds of equal size: the masks as packed columns on the device, the values centred and scaled. What every
/// regression and boosting run reads.
/// </summary>
/// <remarks>
/// Shuffling is by the seed. Samples that a SPEX design ties together (all those of one delay) stay in one fold: within a delay sets that share their bins cannot be told
/// apart, and a fit that mistakes one for the other must not be judged by the same mistake. Values are y = Mean + Scale · Values, Scale a power of two and
/// |Values| at most 1: values of 1e30 and of 1e-30 behave alike. Owned by whoever made it.
/// </remarks>
internal sealed class FoldedSamples : IDisposable
{
    // The seed's numbers that shuffle samples.
    private const ulong ShuffleStream = 0x666f6c6473;

    private DeviceBuffer<double>? _targets;

    private FoldedSamples(Device device, int featureCount, int[] order, int[] boundaries, double[] values, DeviceBuffer<ulong> maskColumns)
    {
        Device = device;
        FeatureCount = featureCount;
        Order = order;
        Values = values;
        MaskColumns = maskColumns;
        Boundaries = boundaries;
    }

    /// <summary>Where the columns are.</summary>
    public Device Device { get; }

    /// <summary>n.</summary>
    public int FeatureCount { get; }

    /// <summary>N.</summary>
    public int Count => Values.Length;

    /// <summary>Words of a column.</summary>
    public int Words => MaskMatrix.WordsFor(Count);

    /// <summary>n columns of ⌈N/64⌉ words: bit i of column j tells whether sample i keeps feature j.</summary>
    public DeviceBuffer<ulong> MaskColumns { get; }

    /// <summary>N standardised values.</summary>
    public double[] Values { get; }

    /// <summary>The standardised values on the device; made when they are first asked for, and disposed with the samples.</summary>
    public DeviceBuffer<double> Targets
    {
        get
        {
            if (_targets is null)
            {
                _targets = Device.Allocate<double>(Count);
                _targets.CopyFrom(Values);
            }

            return _targets;
        }
    }

    /// <summary>Position in the design of each sample.</summary>
    public int[] Order { get; }

    /// <summary>Fold f holds the samples [Boundaries[f], Boundaries[f+1]).</summary>
    public int[] Boundaries { get; }

    /// <summary>Number of folds F.</summary>
    public int FoldCount => Boundaries.Length - 1;

    /// <summary>The mean of the values.</summary>
    public double Mean { get; private init; }

    /// <summary>The power of two by which centred values were divided.</summary>
    public double Scale { get; private init; }

    /// <summary>Σ y² of the standardised values.</summary>
    public double SumOfSquares => Values.Sum(static value => value * value);

    /// <summary>Shuffles and cuts samples.</summary>
    /// <param name="samples">2 samples or more.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="device">Where the columns go.</param>
    public static FoldedSamples From(Samples samples, ulong seed, Device device)
    {
        int count = samples.Values.Length, featureCount = samples.Design.FeatureCount;
        (int[] order, int[] boundaries) = Cut(samples.Design, Shuffle(count, seed));
        (float[] centred, double mean, double scale) = Standardisation.Of(samples.Values.Span);
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = centred[order[i]];
        }

        // Masks are made, shuffled and transposed where they are needed; what crosses is the order, and the values only where they are not there already.
        long words = (long)count * MaskMatrix.WordsFor(featureCount);
        using DeviceBuffer<int> rows = device.Allocate<int>(count);
        rows.CopyFrom(order);
        using DeviceBuffer<ulong> shuffled = device.Allocate<ulong>(words);
        using (DeviceBuffer<ulong> packed = device.Allocate<ulong>(words))
        {
            device.Masks.Generate(samples.Design, 0, count, packed);
            device.Masks.Select(packed, rows, count, featureCount, shuffled);
        }

        DeviceBuffer<ulong> columns = device.Allocate<ulong>((long)featureCount * MaskMatrix.WordsFor(count));
        device.Masks.Transpose(shuffled, count, featureCount, columns);
        FoldedSamples folded = new(device, featureCount, order, boundaries, values, columns) { Mean = mean, Scale = scale };
        if (samples.OnDevice is { } given && ReferenceEquals(given.Device, device))
        {
            using DeviceBuffer<float> standardised = device.Allocate<float>(count);
            device.Values.Standardise(given, rows, count, [new ValueScale(samples.OnDeviceStart, mean, scale)], standardised);
            folded._targets = device.Allocate<double>(count);
            device.Values.Widen(standardised, count, folded._targets);
        }

        return folded;
    }

    /// <summary>The fold of each sample.</summary>
    public byte[] FoldOfSamples()
    {
        byte[] folds = new byte[Count];
        for (int fold = 0; fold < FoldCount; fold++)
        {
            folds.AsSpan(Boundaries[fold]..Boundaries[fold + 1]).Fill((byte)fold);
        }

        return folds;
    }

    /// <summary>The packed columns of sets over the samples; the caller disposes them.</summary>
    public DeviceBuffer<ulong> ColumnsOf(ReadOnlySpan<FeatureSet> sets) => CharacterColumns.Of(MaskColumns, Count, FeatureCount, sets);

    /// <summary>A fit in the values' own unit, with the squared errors under the fits that did not see the samples.</summary>
    /// <param name="fit">The fit.</param>
    /// <param name="bySample">Whether each sample's error is told; else a device of its own adds them up in the groups that the faithfulness resamples.</param>
    public Decoded ToDecoded(SparseFit fit, bool bySample = false)
    {
        OutOfFoldErrors errors = bySample || Device is CpuDevice ? ErrorsBySample(fit) : ErrorsByGroup(fit);
        Spectrum spectrum = new(FeatureCount, fit.Full
            .Select(term => term with { Coefficient = Scale * term.Coefficient })
            .Append(new SpectrumTerm(FeatureSet.Empty, Mean)));
        return new Decoded(spectrum, errors, []);
    }

    private OutOfFoldErrors ErrorsByGroup(SparseFit fit)
    {
        int groups = Math.Min(Count, Faithfulness.GroupLimit);
        double[] residual = new double[groups], total = new double[groups];
        using (DeviceBuffer<double> residuals = Device.Allocate<double>((long)fit.Fits.Count * Count), errors = Device.Allocate<double>(Count))
        {
            Device.Regression.Residuals(MaskColumns, Count, FeatureCount, Targets, Boundaries, fit.Fits, residuals, errors);
            Device.Regression.SumGroups(errors, Count, residual);
        }

        for (int i = 0; i < Count; i++)
        {
            double deviation = Scale * Values[i];
            total[(int)((long)i * groups / Count)] += deviation * deviation;
        }

        return new OutOfFoldErrors(Array.ConvertAll(residual, error => error * Scale * Scale), total, Count);
    }

    private OutOfFoldErrors ErrorsBySample(SparseFit fit)
    {
        double[] residual = new double[Count], total = new double[Count];
        for (int fold = 0; fold < FoldCount; fold++)
        {
            double[] predictions = Predict(fit.Fits[fold]);
            for (int i = Boundaries[fold]; i < Boundaries[fold + 1]; i++)
            {
                double error = Scale * (Values[i] - predictions[i]), deviation = Scale * Values[i];
                residual[i] = error * error;
                total[i] = deviation * deviation;
            }
        }

        return new OutOfFoldErrors(residual, total, Count);
    }

    /// <summary>The fit whose coefficients are the means of two fits', with its error on left-out samples.</summary>
    public SparseFit MeanOf(SparseFit first, SparseFit second)
    {
        SpectrumTerm[][] fits = [.. first.Fits.Zip(second.Fits, static (a, b) => a.Concat(b)
            .GroupBy(term => term.Set).OrderBy(same => same.Key).Select(same => new SpectrumTerm(same.Key, same.Sum(term => term.Coefficient) / 2)).ToArray())];
        double error = 0;
        for (int fold = 0; fold < FoldCount; fold++)
        {
            double[] predictions = Predict(fits[fold]);
            for (int i = Boundaries[fold]; i < Boundaries[fold + 1]; i++)
            {
                error += (Values[i] - predictions[i]) * (Values[i] - predictions[i]);
            }
        }

        return new SparseFit(fits, error);
    }

    /// <summary>Σ_j X_ij β_j of every sample, in standardised values.</summary>
    public double[] Predict(SpectrumTerm[] terms)
    {
        double[] predictions = new double[Count];
        using DeviceBuffer<ulong> columns = ColumnsOf(Array.ConvertAll(terms, term => term.Set));
        using DeviceBuffer<double> coefficients = Device.Allocate<double>(terms.Length);
        using DeviceBuffer<double> buffer = Device.Allocate<double>(Count);
        coefficients.CopyFrom(Array.ConvertAll(terms, term => term.Coefficient));
        Device.SignMatrix.Predict(columns, terms.Length, Count, coefficients, buffer);
        buffer.CopyTo(predictions);
        return predictions;
    }

    /// <summary>Runs independent host work on the device's threads.</summary>
    public void For(int count, Action<int> body)
    {
        if (Device is CpuDevice cpu)
        {
            cpu.For(count, body);
        }
        else
        {
            Parallel.For(0, count, body);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        MaskColumns.Dispose();
        _targets?.Dispose();
    }

    /// <summary>Puts each fold's samples side by side.</summary>
    private static (int[] Order, int[] Boundaries) Cut(MaskDesign design, int[] shuffled)
    {
        if (design is not SpexDesign spex || spex.DelayCount < ProxySearch.FoldCount)
        {
            return (shuffled, ProxySearch.Boundaries(shuffled.Length));
        }

        List<int>[] folds = [.. Enumerable.Range(0, ProxySearch.FoldCount).Select(_ => new List<int>())];
        foreach (int sample in shuffled)
        {
            int query = spex.QueryOfMask.IsEmpty ? sample : spex.QueryOfMask[sample];
            folds[(query >> spex.Log2Bins) % spex.DelayCount % folds.Length].Add(sample);
        }

        int[] boundaries = new int[folds.Length + 1];
        for (int fold = 0; fold < folds.Length; fold++)
        {
            boundaries[fold + 1] = boundaries[fold] + folds[fold].Count;
        }

        return ([.. folds.SelectMany(fold => fold)], boundaries);
    }

    private static int[] Shuffle(int count, ulong seed)
    {
        int[] order = new int[count];
        for (int i = 0; i < count; i++)
        {
            order[i] = i;
        }

        for (int i = count - 1; i > 0; i--)
        {
            int j = Philox.Below(seed, ShuffleStream, (ulong)i, i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
