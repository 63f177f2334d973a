using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu;

/// <summary>The host's processor: .NET SIMD on all cores. What people use who have no GPU, and the measure for every other device.</summary>
public sealed class CpuDevice : Device
{
    /// <summary>Makes the device.</summary>
    /// <param name="threads">Threads that loops may use, 1 or more; null for all cores. The results have the same bits whatever it is.</param>
    public CpuDevice(int? threads = null)
        : this(threads, Vector512.IsHardwareAccelerated)
    {
    }

    /// <summary>As the other, with the vector width given: both give the same bits on every processor, and a test compares them.</summary>
    internal CpuDevice(int? threads, bool wide)
    {
        Wide = wide;
        if (threads is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(threads));
        }

        Threads = threads ?? Environment.ProcessorCount;
        Masks = new CpuMasks(this);
        Values = new CpuValues(this);
        Hadamard = new CpuHadamard(this);
        SignMatrix = new CpuSignMatrix(this);
        Regression = new CpuRegression(this);
        Trees = new CpuTrees(this);
        Codes = new CpuCodes(this);
    }

    /// <summary>Threads that loops use.</summary>
    public int Threads { get; }

    /// <summary>Whether loops use 512-bit vectors instead of 256-bit ones.</summary>
    internal bool Wide { get; }

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description =>
        $"{Threads} {(Threads == 1 ? "thread" : "threads")}, {(Wide ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)}-bit vectors";

    /// <inheritdoc/>
    public override long FreeBytes => HostFreeBytes;

    /// <summary>Bytes of the host's memory that may still be taken.</summary>
    internal static long HostFreeBytes
    {
        get
        {
            GCMemoryInfo memory = GC.GetGCMemoryInfo();
            return Math.Max(0, memory.TotalAvailableMemoryBytes - Environment.WorkingSet);
        }
    }

    /// <inheritdoc/>
    public override MaskPrimitives Masks { get; }

    /// <inheritdoc/>
    public override ValuePrimitives Values { get; }

    /// <inheritdoc/>
    public override HadamardPrimitives Hadamard { get; }

    /// <inheritdoc/>
    public override SignMatrixPrimitives SignMatrix { get; }

    /// <inheritdoc/>
    public override RegressionPrimitives Regression { get; }

    /// <inheritdoc/>
    public override TreePrimitives Trees { get; }

    /// <inheritdoc/>
    public override CodePrimitives Codes { get; }

    /// <inheritdoc/>
    public override DeviceBuffer<T> Allocate<T>(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new CpuBuffer<T>(this, count);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    /// <summary>The address of a buffer's first element; the buffer must be this host's memory.</summary>
    internal static unsafe T* Pointer<T>(DeviceBuffer<T> buffer)
        where T : unmanaged =>
        buffer.Device is CpuDevice
            ? (T*)buffer.DangerousDevicePointer
            : throw new ArgumentException($"The buffer is on {buffer.Device.Name}; the cpu device works on the host's memory.", nameof(buffer));

    /// <summary>Runs <paramref name="body"/> for 0 … count−1, each index once, on the device's threads; indices must be independent.</summary>
    internal void For(int count, Action<int> body)
    {
        if (Threads == 1 || count <= 1)
        {
            for (int i = 0; i < count; i++)
            {
                body(i);
            }
        }
        else
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Threads }, body);
        }
    }
}
