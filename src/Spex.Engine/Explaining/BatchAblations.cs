using System.Diagnostics;
using System.Globalization;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>The ablations of functions that are alike: as many features, and the same batch size.</summary>
/// <remarks>
/// Every batch of masks is made once and given to all functions; batches are cut as those of a single function, see <see cref="AblationRunner"/>. The values of all lie one function after another in one
/// buffer, of which the host reads one flag and then, where the memory is not its own, one copy. Running out of memory halves the batch of all and goes on. Owned by whoever made it.
/// </remarks>
internal sealed class BatchAblations : IDisposable
{
    private readonly Device _device;
    private readonly IValueFunction[] _functions;
    private readonly int[] _numbers;
    private readonly IProgress<AblationProgress>? _progress;
    private readonly long _total;
    private readonly Dictionary<MaskDesign, (float[][] Host, DeviceBuffer<float> All)> _done = [];
    private readonly List<SamplesPlanChange> _changes = [];
    private readonly Stopwatch _whole = new();
    private readonly Stopwatch _model = new();
    private readonly int _planned;
    private DeviceBuffer<ulong>? _packed;
    private DeviceBuffer<float>? _values;
    private int _batchSize;
    private long _evaluated;

    /// <summary>Prepares the ablations.</summary>
    /// <param name="device">Where the masks and values live.</param>
    /// <param name="functions">The functions, at least one.</param>
    /// <param name="numbers">The number of each, for messages.</param>
    /// <param name="total">Ablations of each function.</param>
    /// <param name="progress">Told after every batch.</param>
    public BatchAblations(Device device, IValueFunction[] functions, int[] numbers, long total, IProgress<AblationProgress>? progress)
    {
        (_device, _functions, _numbers, _progress) = (device, functions, numbers, progress);
        _planned = _batchSize = AblationRunner.AtOnceFor(functions[0]);
        _total = total * functions.Length;
    }

    /// <summary>One function's view.</summary>
    public IAblations For(int function) => new Member(this, function);

    /// <summary>The values of a design, as decoders read them; they live as long as this.</summary>
    public Samples[] SamplesOf(MaskDesign design, CancellationToken cancel)
    {
        (float[][] host, DeviceBuffer<float> all) = Run(design, 0, cancel);
        return [.. host.Select((values, function) => new Samples(design, values) { OnDevice = _device is CpuDevice ? null : all, OnDeviceStart = (long)function * values.Length })];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        foreach ((_, DeviceBuffer<float> all) in _done.Values)
        {
            all.Dispose();
        }
    }

    private (float[][] Host, DeviceBuffer<float> All) Run(MaskDesign design, long firstIndex, CancellationToken cancel)
    {
        if (_done.TryGetValue(design, out (float[][], DeviceBuffer<float>) done))
        {
            return done;
        }

        _whole.Start();
        int count = checked((int)design.Count), length = checked(count * _functions.Length);
        DeviceBuffer<float> all = _device.Allocate<float>(length);
        _done.Add(design, ([], all));

        // A value that a function never writes is seen as NaN.
        all.Fill(byte.MaxValue);
        for (int start = 0, function = 0; start < count;)
        {
            cancel.ThrowIfCancellationRequested();
            int rows = Math.Min(_batchSize, count - start);
            try
            {
                _packed ??= _device.Allocate<ulong>(Math.Max(1, (long)_batchSize * MaskMatrix.WordsFor(design.FeatureCount)));
                _values ??= _device.Allocate<float>(_batchSize);
                FillDesign.Generate(_device, design, start, rows, _packed);
                for (; function < _functions.Length; function++)
                {
                    Evaluate(function, new MaskBatch(_packed, rows, design.FeatureCount, firstIndex + start) { Design = design, DesignStart = start }, all, ((long)function * count) + start, cancel);
                }

                (start, function) = (start + rows, 0);
            }
            catch (Exception error) when (MemoryShortage.Is(error))
            {
                // Functions that have had this batch keep their values; the others get it in smaller parts, and then all go on together.
                function = Halve(design, firstIndex, start, rows, function, all, error, cancel);
                start += rows;
            }
        }

        int bad = _device.Values.FirstNotFinite(all, length);
        float[] flat = new float[length];
        all.CopyTo(flat);
        if (bad >= 0)
        {
            (int of, int row) = Math.DivRem(bad, count);
            SpexException error = AblationRunner.NotFinite(design, 0, firstIndex, row, flat[bad]);
            throw new SpexException(string.Create(CultureInfo.InvariantCulture, $"Function {_numbers[of]} ({_functions[of].Fingerprint}): {error.Message}"));
        }

        float[][] host = [.. Enumerable.Range(0, _functions.Length).Select(function => flat[(function * count)..((function + 1) * count)])];
        _done[design] = (host, all);
        _whole.Stop();
        return (host, all);
    }

    private void Evaluate(int function, MaskBatch masks, DeviceBuffer<float> all, long at, CancellationToken cancel)
    {
        _values!.Fill(byte.MaxValue);
        _model.Start();
        try
        {
            _functions[function].Evaluate(masks, _values, cancel);
        }
        finally
        {
            _model.Stop();
        }

        _values.CopyTo(all, masks.Count, 0, at);
        _evaluated += masks.Count;
        _progress?.Report(new AblationProgress(_evaluated, _total, _evaluated / Math.Max(1e-9, _whole.Elapsed.TotalSeconds), null));
    }

    /// <summary>Makes batches half as large, and gives this one to the functions that have not had it.</summary>
    private int Halve(MaskDesign design, long firstIndex, int start, int rows, int first, DeviceBuffer<float> all, Exception error, CancellationToken cancel)
    {
        // Where the first function that has not had all of the batch goes on.
        int from = start;
        for (int size = rows; ;)
        {
            Release();
            if (size == 1)
            {
                throw new SpexException($"There is not enough memory on {_device.Name} to evaluate a single mask. Free some memory, or use another --device or a smaller model.", error);
            }

            size = _batchSize = (size + 1) / 2;
            _changes.Add(new SamplesPlanChange(firstIndex + start, size));
            try
            {
                _packed = _device.Allocate<ulong>(Math.Max(1, (long)size * MaskMatrix.WordsFor(design.FeatureCount)));
                _values = _device.Allocate<float>(size);
                for (; first < _functions.Length; first++, from = start)
                {
                    for (int part; from < start + rows; from += part)
                    {
                        part = Math.Min(size, start + rows - from);
                        FillDesign.Generate(_device, design, from, part, _packed);
                        Evaluate(
                            first, new MaskBatch(_packed, part, design.FeatureCount, firstIndex + from) { Design = design, DesignStart = from }, all, ((long)first * design.Count) + from, cancel);
                    }
                }

                return 0;
            }
            catch (Exception again) when (MemoryShortage.Is(again))
            {
                error = again;
            }
        }
    }

    private void Release()
    {
        _packed?.Dispose();
        _values?.Dispose();
        (_packed, _values) = (null, null);
    }

    private sealed class Member(BatchAblations batch, int function) : IAblations
    {
        public int BatchSize => batch._batchSize;

        public IReadOnlyList<SamplesPlanChange> PlanChanges => batch._changes;

        public long Total { get; set; }

        public long Reused => 0;

        public KnownValues Known { get; } = new(new SamplesHeader(batch._functions[function].Fingerprint, batch._functions[function].FeatureCount, batch._planned));

        public double ModelSeconds => batch._model.Elapsed.TotalSeconds / batch._functions.Length;

        public double Seconds => batch._whole.Elapsed.TotalSeconds / batch._functions.Length;

        public float[] Run(MaskDesign design, long firstIndex, CancellationToken cancel, DeviceBuffer<float>? kept = null)
        {
            float[] values = Known.Add(design);
            (float[][] host, DeviceBuffer<float> all) = batch.Run(design, firstIndex, cancel);
            host[function].CopyTo(values, 0);
            if (kept is not null)
            {
                all.CopyTo(kept, values.Length, (long)function * values.Length);
            }

            return values;
        }
    }
}
