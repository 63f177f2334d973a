using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Decoding;

/// <summary>
/// The samples of functions on the same masks, in one shuffled order, cut into folds of equal size: the masks as packed columns on the device, the values of each function centred and
/// scaled. What every regression and boosting run reads.
/// </summary>
/// <remarks>
/// Shuffling is by the seed. Samples that a SPEX design ties together (all those of one delay) stay in one fold: within a delay sets that share their bins cannot be told
/// apart, and a fit that mistakes one for the other must not be judged by the same mistake. Owned by whoever made it.
/// </remarks>
internal sealed class FoldedBatch : IDisposable
{
    // The seed's numbers that shuffle samples.
    private const ulong ShuffleStream = 0x666f6c6473;

    private readonly FoldedSamples[] _functions;
    private DeviceBuffer<double>? _targets;
    private MaskMatrix? _rows;

    /// <summary>Shuffles and cuts samples.</summary>
    /// <param name="samples">The samples of each function, 2 or more, all of the same design.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="device">Where the columns go.</param>
    public FoldedBatch(IReadOnlyList<Samples> samples, ulong seed, Device device)
    {
        MaskDesign design = samples[0].Design;
        int count = samples[0].Values.Length;
        if (samples.Any(one => !ReferenceEquals(one.Design, design) || one.Values.Length != count))
        {
            throw new ArgumentException("Values that are decoded together are of one design.", nameof(samples));
        }

        (Device, FeatureCount) = (device, design.FeatureCount);
        (Order, Boundaries) = Cut(design, Shuffle(count, seed));
        _functions = [.. samples.Select((own, number) => FoldedSamples.Of(this, number, own.Values.Span))];

        MaskColumns = device.Allocate<ulong>((long)FeatureCount * MaskMatrix.WordsFor(count));
        try
        {
            Load(samples);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the columns are.</summary>
    public Device Device { get; }

    /// <summary>n.</summary>
    public int FeatureCount { get; }

    /// <summary>N.</summary>
    public int Count => Order.Length;

    /// <summary>n columns of ⌈N/64⌉ words: bit i of column j tells whether sample i keeps feature j.</summary>
    public DeviceBuffer<ulong> MaskColumns { get; }

    /// <summary>Position in the design of each sample.</summary>
    public int[] Order { get; }

    /// <summary>Fold f holds the samples [Boundaries[f], Boundaries[f+1]).</summary>
    public int[] Boundaries { get; }

    /// <summary>Number of folds F.</summary>
    public int FoldCount => Boundaries.Length - 1;

    /// <summary>The masks of the samples, in the samples' order, on the host; copied when they are first asked for.</summary>
    public MaskMatrix Rows
    {
        get
        {
            if (_rows is null)
            {
                MaskMatrix columns = new(FeatureCount, Count);
                MaskColumns.CopyTo(columns.Words);
                _rows = columns.Transpose();
            }

            return _rows;
        }
    }

    /// <summary>Each function's samples, which live as long as this.</summary>
    public IReadOnlyList<FoldedSamples> Functions => _functions;

    /// <summary>The standardised values of all functions on the device, one function after another; made when they are first asked for.</summary>
    public DeviceBuffer<double> Targets
    {
        get
        {
            if (_targets is null)
            {
                _targets = Device.Allocate<double>((long)_functions.Length * Count);
                foreach (FoldedSamples function in _functions)
                {
                    _targets.CopyFrom(function.Values, (long)function.Number * Count);
                }
            }

            return _targets;
        }
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

    /// <summary>The standardised values of some functions of a batch, one function after another; the caller disposes them.</summary>
    public static DeviceBuffer<double> TargetsOf(IReadOnlyList<FoldedSamples> functions)
    {
        FoldedBatch batch = functions[0].Batch;
        DeviceBuffer<double> all = batch.Targets, targets = batch.Device.Allocate<double>((long)functions.Count * batch.Count);
        for (int first = 0, end; first < functions.Count; first = end)
        {
            // Functions that lie side by side go together.
            for (end = first + 1; end < functions.Count && functions[end].Number == functions[end - 1].Number + 1; end++)
            {
            }

            all.CopyTo(targets, (long)(end - first) * batch.Count, (long)functions[first].Number * batch.Count, (long)first * batch.Count);
        }

        return targets;
    }

    /// <summary>Fits in the values' own unit, with the squared errors under the fits that did not see the samples.</summary>
    /// <param name="functions">Functions of a batch.</param>
    /// <param name="fits">The fit of each.</param>
    /// <param name="bySample">Whether each sample's error is told; else a device of its own adds them up in the groups that the faithfulness resamples.</param>
    public static Decoded[] ToDecoded(IReadOnlyList<FoldedSamples> functions, IReadOnlyList<SparseFit> fits, bool bySample = false)
    {
        double[][] errors = ErrorsOf(functions, [.. fits.Select(fit => fit.Fits)], bySample);
        return [.. functions.Select((own, k) => new Decoded(
            new Spectrum(own.FeatureCount, fits[k].Full.Select(term => term with { Coefficient = own.Scale * term.Coefficient }).Append(new SpectrumTerm(FeatureSet.Empty, own.Mean))),
            own.InOwnUnit(errors[k]),
            []))];
    }

    /// <summary>The fits whose coefficients are the means of two fits', with their errors on left-out samples.</summary>
    /// <param name="functions">Functions of a batch.</param>
    /// <param name="first">A fit of each.</param>
    /// <param name="second">Another.</param>
    public static SparseFit[] MeansOf(IReadOnlyList<FoldedSamples> functions, IReadOnlyList<SparseFit> first, IReadOnlyList<SparseFit> second)
    {
        SpectrumTerm[][][] fits = [.. first.Zip(second, static (one, other) => one.Fits.Zip(other.Fits, static (a, b) => a.Concat(b)
            .GroupBy(term => term.Set).OrderBy(same => same.Key).Select(same => new SpectrumTerm(same.Key, same.Sum(term => term.Coefficient) / 2)).ToArray()).ToArray())];
        return [.. ErrorsOf(functions, fits, bySample: false).Select((errors, k) => new SparseFit(fits[k], errors.Sum()))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        MaskColumns.Dispose();
        _targets?.Dispose();
    }

    /// <summary>Bytes that the errors of a function take, about: a residual a fit and sample, an error, and a column, a coefficient and a number of every set of every fit.</summary>
    private static long BytesOfErrors(FoldedSamples samples, IReadOnlyList<SpectrumTerm[]> fits) =>
        (sizeof(double) * (samples.FoldCount + 3L) * samples.Count) + (fits.Sum(fit => (long)fit.Length) * ((sizeof(ulong) * MaskMatrix.WordsFor(samples.Count)) + sizeof(double) + sizeof(int)));

    /// <summary>For each function the squared errors of standardised values under the fits that did not see them: of each sample, or in groups.</summary>
    private static double[][] ErrorsOf(IReadOnlyList<FoldedSamples> functions, IReadOnlyList<SpectrumTerm[]>[] fits, bool bySample) =>
        functions.Count == 0 ? []
        : functions[0].Device is CpuDevice ? [.. functions.Select((own, k) => own.ErrorsOf(fits[k]))]
        : MemoryBatches.Run(functions[0].Device, functions.Count, functions.Zip(fits, BytesOfErrors).Max(), range => ErrorsOnDevice([.. functions.Take(range)], [.. fits.Take(range)], bySample));

    private static double[][] ErrorsOnDevice(FoldedSamples[] functions, IReadOnlyList<SpectrumTerm[]>[] fits, bool bySample)
    {
        FoldedBatch batch = functions[0].Batch;
        Device device = batch.Device;
        int count = batch.Count, groups = bySample ? count : Math.Min(count, Faithfulness.GroupLimit);
        double[] sums = new double[functions.Length * groups];
        using (DeviceBuffer<double> targets = TargetsOf(functions))
        using (DeviceBuffer<double> residuals = device.Allocate<double>((long)functions.Length * batch.Boundaries.Length * count), errors = device.Allocate<double>((long)functions.Length * count))
        {
            device.Regression.Residuals(batch.MaskColumns, count, batch.FeatureCount, targets, batch.Boundaries, [.. fits.SelectMany(own => own)], residuals, errors);
            device.Regression.SumGroups(errors, count, functions.Length, sums);
        }

        return [.. functions.Select((_, k) => sums[(k * groups)..((k + 1) * groups)])];
    }

    /// <summary>Makes the columns, and where the values are on the device, the targets.</summary>
    private void Load(IReadOnlyList<Samples> samples)
    {
        // Masks are made, shuffled and transposed where they are needed; what crosses is the order, and the values only where they are not there already.
        MaskDesign design = samples[0].Design;
        int count = Count;
        long words = (long)count * MaskMatrix.WordsFor(FeatureCount);
        using DeviceBuffer<int> rows = Device.Allocate<int>(count);
        rows.CopyFrom(Order);
        using DeviceBuffer<ulong> shuffled = Device.Allocate<ulong>(words);
        using (DeviceBuffer<ulong> packed = Device.Allocate<ulong>(words))
        {
            Device.Masks.Generate(design, 0, count, packed);
            Device.Masks.Select(packed, rows, count, FeatureCount, shuffled);
        }

        Device.Masks.Transpose(shuffled, count, FeatureCount, MaskColumns);
        if (samples[0].OnDevice is { } given && ReferenceEquals(given.Device, Device) && samples.All(one => ReferenceEquals(one.OnDevice, given)))
        {
            int all = checked(count * _functions.Length);
            using DeviceBuffer<float> standardised = Device.Allocate<float>(all);
            Device.Values.Standardise(given, rows, count, [.. _functions.Select((own, number) => new ValueScale(samples[number].OnDeviceStart, own.Mean, own.Scale))], standardised);
            _targets = Device.Allocate<double>(all);
            Device.Values.Widen(standardised, all, _targets);
        }
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
