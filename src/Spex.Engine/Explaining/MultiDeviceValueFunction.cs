using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>A value function on several devices: one worker each, with a model of its own.</summary>
/// <remarks>
/// Masks are cut where those of one device are, at multiples of the function's own batch size, and the parts go to the workers in turn: a part holds the same masks whatever the number of devices, and
/// so has the same values on equal hardware; the batch plan that a samples file records is that of one device. Each worker makes its masks itself; 4 bytes an ablation come back from all devices but the
/// first, which is where the explainer works. A device that runs out of memory halves the parts of all. Owns the copies that it made of the function; the devices are the caller's.
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

    /// <summary>Masks that are evaluated together, as things stand: the batch of one device.</summary>
    internal int PartSize => _partSize;

    /// <summary>How many parts are evaluated beside each other.</summary>
    internal int DeviceCount => _workers.Length;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(masks);
        int size = _partSize;
        try
        {
            Evaluate(masks, values, [.. Enumerable.Range(0, (masks.Count + size - 1) / size).Select(part => (part * size, part * size))], cancel);
        }
        catch (DeviceMemoryException)
        {
            _partSize = Math.Max(1, (size + 1) / 2);
            throw;
        }
    }

    /// <summary>As <see cref="Evaluate(MaskBatch, DeviceBuffer{float}, CancellationToken)"/>, cut where the caller says.</summary>
    /// <param name="masks">The masks, on the first device.</param>
    /// <param name="values">Takes the values.</param>
    /// <param name="starts">The first mask of each part, ascending from 0, and how far behind the first index its batch begins: farther where masks of it, or of those before, are left out.</param>
    /// <param name="cancel">Ends the evaluation.</param>
    /// <exception cref="DeviceMemoryException">A device has no memory for a part.</exception>
    internal void Evaluate(MaskBatch masks, DeviceBuffer<float> values, IReadOnlyList<(int Row, int Place)> starts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (!ReferenceEquals(masks.Device, _workers[0].Device))
        {
            throw new ArgumentException($"The masks are on {masks.Device.Name}; the explainer works on the first device, {_workers[0].Device.Name}.", nameof(masks));
        }

        int parts = starts.Count;
        int SizeOf(int part) => (part + 1 < parts ? starts[part + 1].Row : masks.Count) - starts[part].Row;
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
                    _workers[number].Evaluate(masks, starts[part].Row, SizeOf(part), starts[part].Place, picked, number == 0 ? values : null, host, cancel);
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
        Task[] works = [.. Enumerable.Range(0, Math.Min(parts, _workers.Length)).Reverse().Select(number => _workers[number].Run(() => Work(number)))];
        Task.WhenAll(works).GetAwaiter().GetResult();
        if (Array.Exists(errors, MemoryShortage.Is))
        {
            Task.WhenAll(_workers.Select(worker => worker.Run(worker.Release))).GetAwaiter().GetResult();
            throw new DeviceMemoryException($"One of {_workers.Length} devices has no memory to evaluate {Enumerable.Range(0, parts).Max(SizeOf)} masks at once.", Array.Find(errors, MemoryShortage.Is)!);
        }

        if (Array.Find(errors, error => error is not null) is { } failed)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        }

        for (int part = 0; part < parts; part++)
        {
            if (part % _workers.Length != 0)
            {
                values.CopyFrom(host.AsSpan(starts[part].Row, SizeOf(part)), starts[part].Row);
            }
        }
    }

    /// <summary>Frees the workers' memory and the copies of the function, and ends the threads.</summary>
    public void Dispose() => DisposeAll(_workers);

    /// <summary>Disposes all of them, also where one throws: a device that a kernel broke refuses even that.</summary>
    private static void DisposeAll(ReadOnlySpan<Worker> workers)
    {
        if (workers.IsEmpty)
        {
            return;
        }

        try
        {
            workers[0].Dispose();
        }
        finally
        {
            DisposeAll(workers[1..]);
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly IReplicableValueFunction _original;
        private readonly DeviceThread? _thread;
        private IValueFunction _function;
        private DeviceBuffer<ulong>? _packed;
        private DeviceBuffer<float>? _values;
        private bool _isDisposed;

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
        public void Evaluate(MaskBatch batch, int first, int count, int place, ulong[]? picked, DeviceBuffer<float>? here, float[] host, CancellationToken cancel)
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
                new MaskBatch(_packed!, count, batch.FeatureCount, batch.FirstIndex + place) { Design = batch.Design, DesignStart = batch.DesignStart + first }, _values, cancel);
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
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            try
            {
                Run(() =>
                {
                    Release();
                    if (!ReferenceEquals(_function, _original))
                    {
                        (_function as IDisposable)?.Dispose();
                    }
                }).GetAwaiter().GetResult();
            }
            finally
            {
                _thread?.Dispose();
            }
        }
    }
}
