using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>A value function on several devices: one worker each, with a model of its own.</summary>
/// <remarks>
/// A batch is cut where that of one device is, at multiples of the function's own batch size, and the parts go to the workers in turn: a part holds the same masks whatever the number of devices, and
/// so has the same values on equal hardware. Each worker makes its masks itself; 4 bytes an ablation come back from all devices but the first, which is where the explainer works. A device that runs
/// out of memory halves the parts of all. Owns the copies that it made of the function; the devices are the caller's.
/// <para>The first worker works on the calling thread, as the explainer does; each of the others on a thread of its own, where its copy of the function is made and disposed too: a thread works for one device.</para>
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
        List<Worker> workers = [new Worker(devices[0], function)];
        try
        {
            // One after the other: the host need not hold what it reads of a model more than once.
            workers.AddRange(devices.Skip(1).Select(device => new Worker(device, function, new DeviceThread(device))));
        }
        catch
        {
            workers.ForEach(worker => worker.Dispose());
            throw;
        }

        _workers = [.. workers];
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
        void Work(int number)
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
        }

        // The first worker last: it works on this thread.
        Task.WaitAll([.. Enumerable.Range(0, Math.Min(parts, _workers.Length)).Reverse().Select(number => _workers[number].Run(() => Work(number)))]);
        if (Array.Exists(errors, MemoryShortage.Is))
        {
            _partSize = Math.Max(1, (size + 1) / 2);
            Task.WaitAll([.. _workers.Select(worker => worker.Run(worker.Release))]);
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

    /// <summary>Frees the workers' memory and the copies of the function, and ends the threads.</summary>
    public void Dispose() => Array.ForEach(_workers, worker => worker.Dispose());

    private sealed class Worker : IDisposable
    {
        private readonly IReplicableValueFunction _original;
        private readonly DeviceThread? _thread;
        private IValueFunction _function;
        private DeviceBuffer<ulong>? _packed;
        private DeviceBuffer<float>? _values;

        /// <summary>Makes a worker.</summary>
        /// <param name="device">Where it works.</param>
        /// <param name="function">The function, of which one with a thread makes a copy.</param>
        /// <param name="thread">Its thread, disposed with it; null for the calling one.</param>
        public Worker(Device device, IReplicableValueFunction function, DeviceThread? thread = null)
        {
            (Device, _original, _function, _thread) = (device, function, function, thread);
            try
            {
                thread?.Run(() => _function = function.ReplicateFor(device)).GetAwaiter().GetResult();
            }
            catch
            {
                thread!.Dispose();
                throw;
            }
        }

        public Device Device { get; }

        /// <summary>Has some work done on the worker's thread; on the calling one, it is done when this returns.</summary>
        public Task Run(Action work)
        {
            if (_thread is not null)
            {
                return _thread.Run(work);
            }

            work();
            return Task.CompletedTask;
        }

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
            _function.Evaluate(
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

        public void Dispose()
        {
            Run(() =>
            {
                Release();
                if (!ReferenceEquals(_function, _original))
                {
                    (_function as IDisposable)?.Dispose();
                }
            }).GetAwaiter().GetResult();
            _thread?.Dispose();
        }
    }
}
