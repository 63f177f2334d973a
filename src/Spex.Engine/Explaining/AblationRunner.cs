using System.Diagnostics;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>Evaluates the masks of designs in batches: what is known from a samples file is not evaluated again, and what was evaluated is recorded at once.</summary>
/// <remarks>
/// Batches are cut at multiples of the batch size from a design's first mask, so the same masks are evaluated together whenever a run is repeated or resumed. Memory
/// is one batch on the device and the values. Running out of memory halves the batch and goes on. Several devices get a batch each at once, cut where one device's are.
/// <para>
/// On a device whose memory the host cannot address, masks are made there, the values stay there, and of a batch the host reads one flag; 4 bytes an ablation come to the host once, when a
/// design is through, or with each batch where a samples file keeps them.
/// </para>
/// </remarks>
internal sealed class AblationRunner : IAblations, IDisposable
{
    // Packed masks of a batch take at most this many bytes on a device, however many the value function would like.
    private const long MostMaskBytes = 16 << 20;

    // What was answered is recorded at least this often, so that a killed run loses little.
    private static readonly TimeSpan RecordEvery = TimeSpan.FromSeconds(0.2);

    private readonly IValueFunction _function;
    private readonly Device _device;
    private readonly SamplesFile? _samples;
    private readonly IProgress<AblationProgress>? _progress;
    private readonly Stopwatch _whole = new();
    private readonly Stopwatch _model = new();
    private readonly List<SamplesPlanChange> _changes = [];
    private readonly int _words;

    // Batches that are evaluated at once: one for each device.
    private readonly int _together;
    private DeviceBuffer<ulong>? _packed;
    private DeviceBuffer<float>? _values;

    // Where the values of the design stay on the device, and how many of the first are there and not on the host.
    private DeviceBuffer<float>? _kept;
    private int _onDeviceOnly;

    /// <summary>Makes a runner.</summary>
    /// <param name="function">What is evaluated.</param>
    /// <param name="device">Where its masks and values live.</param>
    /// <param name="samples">Keeps the values, and gives the batch plan; null for none.</param>
    /// <param name="batchSize">Masks in a batch where no samples file says it; null for what the function prefers.</param>
    /// <param name="progress">Told after every batch.</param>
    public AblationRunner(IValueFunction function, Device device, SamplesFile? samples, int? batchSize, IProgress<AblationProgress>? progress)
    {
        _function = function;
        _device = device;
        _samples = samples;
        _progress = progress;
        _words = MaskMatrix.WordsFor(function.FeatureCount);
        _together = TogetherFor(function);
        BatchSize = samples?.Header.BatchSize ?? batchSize ?? PlanFor(function);
        Known = new KnownValues(samples?.Header ?? new SamplesHeader(function.Fingerprint, function.FeatureCount, BatchSize));
    }

    /// <summary>Masks in a batch, as things stand.</summary>
    public int BatchSize { get; private set; }

    /// <summary>Where the batch plan changed.</summary>
    public IReadOnlyList<SamplesPlanChange> PlanChanges => _changes;

    /// <summary>Masks that the runs so far asked for, and those to come as far as they were announced.</summary>
    public long Total { get; set; }

    /// <summary>Masks whose value was evaluated.</summary>
    public long Evaluated { get; private set; }

    /// <summary>Masks whose value was known from the samples file.</summary>
    public long Reused { get; private set; }

    /// <summary>All values that are known so far.</summary>
    public KnownValues Known { get; }

    /// <summary>Whether the samples file lacks a value that was evaluated, because it could not be written.</summary>
    public bool RecordingFailed { get; private set; }

    /// <summary>Seconds in the value function.</summary>
    public double ModelSeconds => _model.Elapsed.TotalSeconds;

    /// <summary>Seconds in all.</summary>
    public double Seconds => _whole.Elapsed.TotalSeconds;

    /// <summary>The batch size that a value function gets: what it prefers, unless the masks alone would be too large; of one on several devices what each gets.</summary>
    public static int PlanFor(IValueFunction function)
    {
        if (function is MultiDeviceValueFunction several)
        {
            return several.PartSize;
        }

        long bytes = Math.Max(1, MaskMatrix.WordsFor(function.FeatureCount)) * sizeof(ulong);
        return (int)Math.Clamp(MostMaskBytes / bytes, 1, Math.Max(1, function.PreferredBatchSize));
    }

    /// <summary>Masks that a value function gets at once: a batch for each device.</summary>
    public static int AtOnceFor(IValueFunction function) => checked(PlanFor(function) * TogetherFor(function));

    /// <summary>Evaluates all masks of a design.</summary>
    /// <param name="design">The masks.</param>
    /// <param name="firstIndex">The run's number of the design's first mask.</param>
    /// <param name="cancel">Stops between batches, and within them where the value function looks at it.</param>
    /// <param name="kept">Takes the values on the device too, one a mask; null where nobody wants them there.</param>
    /// <returns>One finite value a mask.</returns>
    /// <exception cref="SpexException">The value function gave a value that is not finite, or there is no memory for a single mask.</exception>
    public float[] Run(MaskDesign design, long firstIndex, CancellationToken cancel, DeviceBuffer<float>? kept = null)
    {
        float[] values = Known.Add(design);
        _whole.Start();
        using DeviceBuffer<float>? own = kept is null && StaysOnDevice ? _device.Allocate<float>(values.Length) : null;
        _kept = kept ?? own;
        _onDeviceOnly = 0;
        try
        {
            for (long start = 0; start < values.Length;)
            {
                cancel.ThrowIfCancellationRequested();
                FollowRecordedPlan(firstIndex + start);
                int count = (int)Math.Min(AtOnce(firstIndex + start), values.Length - start);
                Memory<float> batch = values.AsMemory((int)start, count);
                try
                {
                    Batch whole = new(design, start, count, firstIndex + start);
                    EvaluateUnknown(whole, batch, cancel);
                    start += count;
                    Report();
                }
                catch (Exception error) when (MemoryShortage.Is(error))
                {
                    Halve(firstIndex + start, Math.Min(BatchSize, count), error);
                }
            }
        }
        finally
        {
            // What was paid for is known, however the run ends.
            if (_onDeviceOnly > 0)
            {
                _kept!.CopyTo(values.AsSpan(0, _onDeviceOnly));
            }

            _kept = null;
            _whole.Stop();
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private static int TogetherFor(IValueFunction function) => (function as MultiDeviceValueFunction)?.DeviceCount ?? 1;

    private readonly record struct Batch(MaskDesign Design, long Start, int Count, long FirstIndex);

    /// <summary>Whether values need not come to the host batch by batch: nothing records them, and nobody is told of single ones.</summary>
    private bool StaysOnDevice => _samples is null && _device is not CpuDevice && _function is not IIncrementalValueFunction;

    /// <summary>Makes a batch's masks on the device.</summary>
    private void Generate(Batch batch, DeviceBuffer<ulong> packed) => FillDesign.Generate(_device, batch.Design, batch.Start, batch.Count, packed);

    /// <summary>Makes those masks of a batch on the device that a samples file does not know.</summary>
    private void GenerateUnknown(Batch batch, MaskMatrix masks, List<int> unknown)
    {
        if (_device is CpuDevice)
        {
            _packed!.CopyFrom(masks.Words);
            return;
        }

        if (unknown.Count == batch.Count)
        {
            Generate(batch, _packed!);
            return;
        }

        using DeviceBuffer<ulong> all = _device.Allocate<ulong>((long)batch.Count * _words);
        using DeviceBuffer<int> rows = _device.Allocate<int>(unknown.Count);
        Generate(batch, all);
        rows.CopyFrom([.. unknown]);
        _device.Masks.Select(all, rows, unknown.Count, batch.Design.FeatureCount, _packed!);
    }

    /// <summary>Evaluates those masks of a batch that no samples file knows.</summary>
    private void EvaluateUnknown(Batch batch, Memory<float> values, CancellationToken cancel)
    {
        if (_samples is null)
        {
            Allocate();
            Generate(batch, _packed!);
            if (StaysOnDevice)
            {
                EvaluateOnDevice(batch, values, cancel);
                return;
            }

            Evaluate(batch, batch.Count, null, null, values, cancel);
            _kept?.CopyFrom(values.Span, batch.Start);
            return;
        }

        MaskMatrix masks = batch.Design.ToMatrix(batch.Start, batch.Count);
        List<int> unknown = [];
        for (int row = 0; row < batch.Count; row++)
        {
            if (_samples.TryGet(masks.Row(row), out float known))
            {
                // A batch that is tried again has its known values already.
                Reused += float.IsNaN(values.Span[row]) ? 1 : 0;
                values.Span[row] = known;
            }
            else
            {
                unknown.Add(row);
            }
        }

        if (unknown.Count == 0)
        {
            _kept?.CopyFrom(values.Span, batch.Start);
            return;
        }

        MaskMatrix rest = masks;
        if (unknown.Count < batch.Count)
        {
            rest = new MaskMatrix(unknown.Count, masks.FeatureCount);
            for (int row = 0; row < unknown.Count; row++)
            {
                masks.Row(unknown[row]).CopyTo(rest.Row(row));
            }
        }

        Allocate();
        GenerateUnknown(batch, rest, unknown);
        float[] found = new float[unknown.Count];
        try
        {
            Evaluate(batch, unknown.Count, rest, unknown, found, cancel);
        }
        finally
        {
            for (int row = 0; row < found.Length; row++)
            {
                values.Span[unknown[row]] = found[row];
            }
        }

        _kept?.CopyFrom(values.Span, batch.Start);
    }

    /// <summary>Evaluates a whole batch whose values stay where they are: the host reads one flag.</summary>
    private void EvaluateOnDevice(Batch batch, Memory<float> values, CancellationToken cancel)
    {
        // A value that the function never writes is seen as NaN.
        _values!.Fill(byte.MaxValue);
        int firstBad;
        _model.Start();
        try
        {
            MaskBatch given = new(_packed!, batch.Count, batch.Design.FeatureCount, batch.FirstIndex) { Design = batch.Design, DesignStart = batch.Start };
            Evaluate(given, null, cancel);

            // Who waits for the flag waits for the model: a function may return before its device is done.
            firstBad = _device.Values.FirstNotFinite(_values!, batch.Count);
        }
        finally
        {
            _model.Stop();
        }

        Evaluated += batch.Count;
        if (firstBad < 0)
        {
            _values!.CopyTo(_kept!, batch.Count, 0, batch.Start);
            _onDeviceOnly = (int)(batch.Start + batch.Count);
            return;
        }

        // The others of the batch are paid for and stay known.
        _values!.CopyTo(values.Span);
        throw NotFinite(batch.Design, batch.Start, batch.FirstIndex, firstBad, values.Span[firstBad]);
    }

    /// <summary>Evaluates the first masks of the device's buffer and records them; after an error, <paramref name="values"/> holds what is known and NaN elsewhere.</summary>
    private void Evaluate(Batch batch, int count, MaskMatrix? masks, List<int>? rows, Memory<float> values, CancellationToken cancel)
    {
        values.Span.Fill(float.NaN);
        int recorded = 0;
        long lastRecord = Stopwatch.GetTimestamp();
        void Take(int answered)
        {
            if (answered <= recorded)
            {
                return;
            }

            Span<float> fresh = values.Span[recorded..answered];
            _values!.CopyTo(fresh, recorded);
            Evaluated += answered - recorded;
            int firstBad = fresh.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            Record(masks, recorded, fresh);
            if (firstBad >= 0)
            {
                throw NotFinite(batch.Design, batch.Start, batch.FirstIndex, rows?[recorded + firstBad] ?? recorded + firstBad, fresh[firstBad]);
            }

            recorded = answered;
            lastRecord = Stopwatch.GetTimestamp();
        }

        // A value that the function never writes is seen as NaN.
        _values!.Fill(byte.MaxValue);

        int told = 0;
        MaskBatch given = new(_packed!, count, batch.Design.FeatureCount, batch.FirstIndex);
        if (count == batch.Count)
        {
            given = given with { Design = batch.Design, DesignStart = batch.Start };
        }

        _model.Start();
        try
        {
            if (_function is IIncrementalValueFunction incremental)
            {
                incremental.Evaluate(
                    given,
                    _values!,
                    answered =>
                    {
                        told = answered;
                        if (Stopwatch.GetElapsedTime(lastRecord) >= RecordEvery)
                        {
                            Take(told);
                            Report();
                        }
                    },
                    cancel);
            }
            else
            {
                Evaluate(given, rows, cancel);
            }

            told = count;
        }
        finally
        {
            _model.Stop();
            Take(told);
        }
    }

    /// <summary>Evaluates masks that are all or some of those of one batch or several: each batch by itself, on devices in turn where there are several.</summary>
    /// <param name="masks">The masks.</param>
    /// <param name="rows">Where each stands among all masks of the batches; null where these are all.</param>
    /// <param name="cancel">Ends the evaluation.</param>
    private void Evaluate(MaskBatch masks, List<int>? rows, CancellationToken cancel)
    {
        if (_function is not MultiDeviceValueFunction several)
        {
            _function.Evaluate(masks, _values!, cancel);
            return;
        }

        List<(int Row, int Place)> starts = [];
        for (int row = 0, end = 0; row < masks.Count; row++)
        {
            int place = rows?[row] ?? row;
            if (place >= end)
            {
                int start = place / BatchSize * BatchSize;
                starts.Add((row, start));
                end = start + BatchSize;
            }
        }

        several.Evaluate(masks, _values!, starts, cancel);
    }

    /// <summary>Appends the finite values to the samples file.</summary>
    private void Record(MaskMatrix? masks, int first, ReadOnlySpan<float> values)
    {
        if (_samples is null)
        {
            return;
        }

        for (int start = 0; start < values.Length;)
        {
            int length = values[start..].IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            length = length < 0 ? values.Length - start : length;
            if (length > 0)
            {
                ReadOnlySpan<ulong> rows = masks!.Words.AsSpan((first + start) * masks.WordsPerRow, length * masks.WordsPerRow);
                RecordingFailed = true;
                _samples.Append(rows, values.Slice(start, length));
                RecordingFailed = false;
            }

            start += length + 1;
        }
    }

    /// <summary>What is said of a value that is no number.</summary>
    /// <param name="design">The masks.</param>
    /// <param name="start">Index in the design of the first of some masks.</param>
    /// <param name="firstIndex">Its number in the run.</param>
    /// <param name="row">Which of them.</param>
    /// <param name="value">Its value.</param>
    internal static SpexException NotFinite(MaskDesign design, long start, long firstIndex, int row, float value)
    {
        MaskMatrix mask = design.ToMatrix(start + row, 1);
        const int Most = 40;
        int[] present = [.. Enumerable.Range(0, mask.FeatureCount).Where(feature => mask[0, feature])];
        string list = string.Join(", ", present.Take(Most)) + (present.Length > Most ? ", …" : "");
        return new SpexException(
            $"The value function gave {value} for mask {firstIndex + row}, which has {present.Length} of {mask.FeatureCount} features present ({(present.Length == 0 ? "none" : list)}). "
            + "Values must be finite numbers. Try the function on this mask alone.");
    }

    private void Halve(long index, int count, Exception error)
    {
        Release();
        if (count == 1)
        {
            throw new SpexException(
                $"There is not enough memory on {_device.Name} to evaluate a single mask. Free some memory, or use another --device or a smaller model.", error);
        }

        SamplesPlanChange change = new(index, (count + 1) / 2);
        Follow(change);
        _samples?.AppendPlanChange(change);
    }

    /// <summary>A run that is repeated makes its batches smaller where it did so before.</summary>
    private void FollowRecordedPlan(long index)
    {
        while (_samples is not null && _changes.Count < _samples.PlanChanges.Count && _samples.PlanChanges[_changes.Count].FirstIndex <= index)
        {
            Release();
            Follow(_samples.PlanChanges[_changes.Count]);
        }
    }

    /// <summary>Masks that are evaluated at once from one on: whole batches, as many as there are devices, as far as the recorded plan begins them before it changes.</summary>
    private long AtOnce(long index)
    {
        long batches = _together;
        if (_samples is not null && _changes.Count < _samples.PlanChanges.Count)
        {
            batches = Math.Min(batches, (_samples.PlanChanges[_changes.Count].FirstIndex - index + BatchSize - 1) / BatchSize);
        }

        return batches * BatchSize;
    }

    private void Follow(SamplesPlanChange change)
    {
        BatchSize = change.BatchSize;
        _changes.Add(change);
    }

    private void Allocate()
    {
        long masks = (long)BatchSize * _together;
        _packed ??= _device.Allocate<ulong>(Math.Max(1, masks * _words));
        _values ??= _device.Allocate<float>(masks);
    }

    private void Release()
    {
        _packed?.Dispose();
        _values?.Dispose();
        (_packed, _values) = (null, null);
    }

    private void Report()
    {
        if (_progress is null)
        {
            return;
        }

        double rate = Evaluated == 0 ? 0 : Evaluated / Math.Max(1e-9, Seconds);
        long done = Evaluated + Reused;
        _progress.Report(new AblationProgress(done, Total, rate, rate > 0 ? TimeSpan.FromSeconds(Math.Min(1e8, (Total - done) / rate)) : null));
    }
}
