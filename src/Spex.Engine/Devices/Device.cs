namespace Spex.Engine.Devices;

/// <summary>Where arrays live and in which order work on them runs. Holds no algorithm: the primitive families do the work.</summary>
public abstract class Device : IDeviceAllocator, IDisposable
{
    private int _liveBuffers;

    /// <summary>What people call it, as `--device` takes it: cpu, cuda:0, opencl:0.</summary>
    public abstract string Name { get; }

    /// <summary>The hardware and the path chosen on it, for `spex devices` and for results.</summary>
    public abstract string Description { get; }

    /// <summary>Bytes that may still be allocated, as far as the device tells.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Buffers that were allocated and not disposed yet; back to what it was when a piece of work gave everything back.</summary>
    public int LiveBuffers => Volatile.Read(ref _liveBuffers);

    /// <summary>Masks of designs: generation, expansion to the model's type, transposition.</summary>
    public abstract MaskPrimitives Masks { get; }

    /// <summary>The values of masks: whether all are finite, and their standardised form.</summary>
    public abstract ValuePrimitives Values { get; }

    /// <summary>Batched Walsh-Hadamard transforms.</summary>
    public abstract HadamardPrimitives Hadamard { get; }

    /// <summary>Regression on characters: the sign matrix as packed bits.</summary>
    public abstract SignMatrixPrimitives SignMatrix { get; }

    /// <summary>Sparse regression on characters, with folds left out.</summary>
    public abstract RegressionPrimitives Regression { get; }

    /// <summary>Ridge regression in the AND basis; null on a device whose memory is the host's, where the methods' own loops fit it.</summary>
    public virtual RidgePrimitives? Ridge => null;

    /// <summary>Boosted trees over bit features.</summary>
    /// <exception cref="Spex.Core.SpexException">The device has no form of them; use the CPU device.</exception>
    public virtual TreePrimitives Trees => throw new Spex.Core.SpexException($"Boosted trees do not run on {Name}; choose --device cpu.");

    /// <summary>Sparse recovery in the bins of a SPEX design.</summary>
    public abstract CodePrimitives Codes { get; }

    /// <inheritdoc/>
    public abstract DeviceBuffer<T> Allocate<T>(long count)
        where T : unmanaged;

    /// <summary>Waits until all work that was enqueued is done.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the device the calling thread's current one, where its driver knows such a thing, whatever other libraries have done on the thread since.</summary>
    internal virtual void MakeCurrent()
    {
    }

    internal void CountBuffer(int change) => Interlocked.Add(ref _liveBuffers, change);

    /// <summary>Frees the device; its buffers must have been disposed.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
