using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>A value function on several devices: one worker each, with a model of its own.</summary>
/// <remarks>
/// A batch is cut where that of one device is, at multiples of the function's own batch size, and the parts go to the workers in turn: a part holds the same masks whatever the number of devices, and
/// so has the same values on equal hardware. Each worker makes its masks itself; 4 bytes an ablation come back from all devices but the first, which is where the explainer works. A device that runs
/// out of memory halves the parts of all. Owns the copies that it made of the function; the devices are the caller's.
/// </remarks>
public sealed class MultiDeviceValueFunction : IValueFunction, IDisposable
{
    private readonly IReplicableValueFunction _function;
    private readonly Worker[] _workers;
    private int _partSize;

    /// <summary>Makes a copy of the function for every device.</summary>
    /// <param name="function">The function, which serves the first device.</param>
    /// <param name="devices">Different devices, at least one.</param>
    public MultiDeviceValueFunction(IReplicableValueFunction function, IReadOnlyList<Device> devices)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(devices);
        if (devices.Count == 0 || devices.Distinct().Count() < devices.Count)
        {
            throw new ArgumentException($"{devices.Count} devices were given; at least one, and each once, is needed.", nameof(devices));
        }

        _function = function;
        _partSize = AblationRunner.PlanFor(function);
        _workers = [.. devices.Select((device, number) => new Worker(device, number == 0 ? function : function.ReplicateFor(device)))];
    }

    /// <inheritdoc/>
    public int FeatureCount => _function.FeatureCount;

    /// <inheritdoc/>
    public string Fingerprint => _function.Fingerprint;

    /// <summary>A part for every device.</summary>
    public int PreferredBatchSize => checked(_partSize * _workers.Length);

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(values);
        if (!ReferenceEquals(masks.Device, _workers[0].Device))
        {
            throw new ArgumentException($"The masks are on {masks.Device.Name}; the explainer works on the first device, {_workers[0].Device.Name}.", nameof(masks));
        }

        int size = _partSize, parts = (masks.Count + size - 1) / size;
        float[] host = new float[masks.Count];

        // Masks that no design makes in a row come from where they are.
        ulong[]? picked = masks.Design is null && parts > 1 ? new ulong[masks.Count * (long)MaskMatrix.WordsFor(FeatureCount)] : null;
        masks.Packed.CopyTo(picked);
        Exception?[] errors = new Exception?[_workers.Length];
        Parallel.For(0, Math.Min(parts, _workers.Length), new ParallelOptions { MaxDegreeOfParallelism = _workers.Length }, number =>
        {
            try
            {
                for (int part = number; part < parts; part += _workers.Length)
                {
                    cancel.ThrowIfCancellationRequested();
                    int first = part * size;
                    _workers[number].Evaluate(masks, first, Math.Min(size, masks.Count - first), picked, number == 0 ? values : null, host, cancel);
                }
            }
#pragma warning disable CA1031 // Thrown again on the calling thread.
            catch (Exception error)
            {
                errors[number] = error;
            }
#pragma warning restore CA1031
        });
        if (Array.Exists(errors, MemoryShortage.Is))
        {
            _partSize = Math.Max(1, (size + 1) / 2);
            Array.ForEach(_workers, worker => worker.Release());
            throw new DeviceMemoryException($"One of {_workers.Length} devices has no memory to evaluate {size} masks at once.", Array.Find(errors, MemoryShortage.Is)!);
        }

        if (Array.Find(errors, error => error is not null) is { } failed)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        }

        for (int part = 0; part < parts; part++)
        {
            int first = part * size;
            if (part % _workers.Length != 0)
            {
                values.CopyFrom(host.AsSpan(first, Math.Min(size, masks.Count - first)), first);
            }
        }
    }

    /// <summary>Frees the workers' memory and the copies of the function.</summary>
    public void Dispose()
    {
        foreach (Worker worker in _workers)
        {
            worker.Release();
            if (!ReferenceEquals(worker.Function, _function) && worker.Function is IDisposable copy)
            {
                copy.Dispose();
            }
        }
    }

    private sealed class Worker(Device device, IValueFunction function)
    {
        private DeviceBuffer<ulong>? _packed;
        private DeviceBuffer<float>? _values;

        public Device Device { get; } = device;

        public IValueFunction Function { get; } = function;

        /// <summary>Evaluates masks [first, first + count) of a batch: into <paramref name="here"/> where that is on this device, else to the host.</summary>
        public void Evaluate(MaskBatch batch, int first, int count, ulong[]? picked, DeviceBuffer<float>? here, float[] host, CancellationToken cancel)
        {
            int words = MaskMatrix.WordsFor(batch.FeatureCount);
            if (_values is null || _values.Length < count)
            {
                Release();
                _packed = Device.Allocate<ulong>(Math.Max(1, (long)count * words));
                _values = Device.Allocate<float>(count);
            }

            if (here is not null)
            {
                batch.Packed.CopyTo(_packed!, (long)count * words, (long)first * words);
            }
            else if (batch.Design is { } design)
            {
                FillDesign.Generate(Device, design, batch.DesignStart + first, count, _packed!);
            }
            else
            {
                _packed!.CopyFrom(picked.AsSpan(first * words, count * words));
            }

            // A value that the function never writes is seen as NaN.
            _values.Fill(byte.MaxValue);
            Function.Evaluate(
                new MaskBatch(_packed!, count, batch.FeatureCount, batch.FirstIndex + first) { Design = batch.Design, DesignStart = batch.DesignStart + first }, _values, cancel);
            if (here is null)
            {
                _values.CopyTo(host.AsSpan(first, count));
            }
            else
            {
                _values.CopyTo(here, count, 0, first);
                Device.Synchronize();
            }
        }

        public void Release()
        {
            _packed?.Dispose();
            _values?.Dispose();
            (_packed, _values) = (null, null);
        }
    }
}
