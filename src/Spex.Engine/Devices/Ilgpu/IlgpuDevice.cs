using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using Spex.Core;
using Spex.Engine.Devices.Cpu;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>A GPU by way of ILGPU: CUDA, or OpenCL. The kernels are those of Spex.Kernels.</summary>
/// <remarks>
/// All work goes, in order, to the accelerator's default stream; nothing waits but copies to and from the host. One thread at a time; several devices that work at once have a thread each.
/// Owns the ILGPU context; buffers must be disposed before the device.
/// </remarks>
public sealed class IlgpuDevice : Device
{
    // Threads that a kernel without shared memory gets a group.
    internal const int SpreadThreads = 256;

    // Groups of such a kernel a multiprocessor: enough to fill it several times over, so that the last ones to finish leave little idle.
    private const int SpreadGroups = 64;

    // Lanes of a warp that transforms in registers are written for.
    private const int LanesOfRegisterTiles = 32;

    private readonly Context _context;
    private readonly Accelerator _accelerator;
    private readonly int _mostThreads;
    private IDeviceAllocator? _allocator;
    private PrimaryContext? _primary;
    private readonly IlgpuHadamard _hadamard;
    private readonly IlgpuValues _values;
    private readonly IlgpuMasks _masks;
    private readonly IlgpuSignMatrix _signMatrix;
    private readonly IlgpuRegression _regression;
    private readonly IlgpuRidge _ridge;
    private readonly IlgpuCodes _codes;
    private readonly IlgpuTrees _trees;

    private IlgpuDevice(Context context, Accelerator accelerator, string name, string description, int mostThreads, HadamardPlan plan)
    {
        _context = context;
        _accelerator = accelerator;
        _mostThreads = Math.Min(mostThreads, accelerator.MaxNumThreadsPerGroup);
        Name = name;
        Description = description;
        _hadamard = new IlgpuHadamard(this, plan);
        _masks = new IlgpuMasks(this);
        _values = new IlgpuValues(this);
        _signMatrix = new IlgpuSignMatrix(this);
        IlgpuCholesky cholesky = new(this);
        _regression = new IlgpuRegression(this, _signMatrix, cholesky);
        _ridge = new IlgpuRidge(this, _regression, cholesky);
        _codes = new IlgpuCodes(this);
        _trees = new IlgpuTrees(this);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    /// <remarks>OpenCL does not tell what is free: there it is all of the device's memory. On ILGPU's CPU accelerator it is the host's.</remarks>
    public override long FreeBytes => _accelerator switch
    {
        CudaAccelerator cuda => cuda.GetFreeMemory(),
        CPUAccelerator => CpuDevice.HostFreeBytes,
        _ => _accelerator.MemorySize,
    };

    /// <inheritdoc/>
    public override MaskPrimitives Masks => _masks;

    /// <inheritdoc/>
    public override ValuePrimitives Values => _values;

    /// <inheritdoc/>
    public override HadamardPrimitives Hadamard => _hadamard;

    /// <inheritdoc/>
    public override SignMatrixPrimitives SignMatrix => _signMatrix;

    /// <inheritdoc/>
    public override RegressionPrimitives Regression => _regression;

    /// <inheritdoc/>
    public override RidgePrimitives? Ridge => _ridge;

    /// <inheritdoc/>
    public override CodePrimitives Codes => _codes;

    /// <inheritdoc/>
    public override TreePrimitives Trees => _trees;

    /// <summary>Whether it is an OpenCL device, whose memory no other library lends.</summary>
    public bool IsOpenCL => _accelerator is CLAccelerator;

    /// <summary>The library that lends the device its memory; null where the memory is the device's own.</summary>
    public IDeviceAllocator? Allocator => _allocator;

    internal Accelerator Accelerator => _accelerator;

    /// <summary>What has crossed to and from the host.</summary>
    internal TransferCounts Transfers { get; } = new();

    internal AcceleratorStream Stream => _accelerator.DefaultStream;

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">There is not so much memory.</exception>
    public override DeviceBuffer<T> Allocate<T>(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (_allocator is not { } lender)
        {
            return new IlgpuBuffer<T>(this, count);
        }

        // torch leaves a thread on the device that it found there when it first looked: not on this one, where that was before this one's context was made current.
        DeviceBuffer<T> lent = lender.Allocate<T>(count);
        MakeCurrent();
        return lent;
    }

    /// <inheritdoc/>
    internal override void MakeCurrent()
    {
        _accelerator.Bind();
        _primary?.MakeCurrent();
    }

    /// <summary>
    /// Takes memory for buffers from another library from now on, which must be on this device: then that library and the kernels work on the same memory. Null for the device's own memory again.
    /// </summary>
    public void AllocateFrom(IDeviceAllocator? allocator) => _allocator = allocator;

    /// <summary>
    /// Moves a CUDA device into its primary context, where other libraries of the process work, so that kernels can use their memory. To be called before anything else is done on the device.
    /// </summary>
    /// <returns>Null where it was done, or needs not be: the device's memory is the host's. Else why not, in half a sentence; the device can be used as before.</returns>
    /// <exception cref="InvalidOperationException">Something was allocated or launched already.</exception>
    public string? SharePrimaryContext()
    {
        if (_primary is not null || _accelerator is CPUAccelerator)
        {
            return null;
        }

        if (_accelerator is not CudaAccelerator cuda)
        {
            return "only CUDA has contexts that libraries share";
        }

        if (!NativeDriver.TryLoad(NativeDriver.Cuda, out nint library))
        {
            return "the CUDA driver is gone";
        }

        try
        {
            return ShareContext(new CudaPrimaryContexts(library), cuda.DeviceId);
        }
        catch (SpexException error)
        {
            return error.Message;
        }
    }

    /// <summary>As <see cref="SharePrimaryContext"/>, with a driver of the caller's.</summary>
    internal string? ShareContext(IPrimaryContexts driver, int ordinal)
    {
        if (LiveBuffers > 0 || Transfers.Launches > 0)
        {
            throw new InvalidOperationException("A device changes its context before anything is allocated or launched on it.");
        }

        _primary = PrimaryContext.TryEnter(_accelerator, driver, ordinal, out string? whyNot);
        return whyNot;
    }

    /// <summary>Memory of another library as a buffer.</summary>
    /// <param name="dangerousAddress">
    /// Its address on this device; on ILGPU's CPU accelerator, on the host. It must hold so many elements and stay valid until the owner is disposed. Not checked.
    /// </param>
    /// <param name="length">Number of elements.</param>
    /// <param name="owner">Owns the memory; disposed with the buffer.</param>
    /// <exception cref="NotSupportedException">The device is an OpenCL device.</exception>
    public DeviceBuffer<T> Borrow<T>(nint dangerousAddress, long length, IDisposable owner)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(owner);
        return new IlgpuBuffer<T>(this, length, BorrowMemory(dangerousAddress, Math.Max(1, length), System.Runtime.CompilerServices.Unsafe.SizeOf<T>()), owner);
    }

    private MemoryBuffer BorrowMemory(nint address, long count, int elementSize) => _accelerator switch
    {
        CudaAccelerator cuda => new BorrowedCudaMemory(cuda, address, count, elementSize),
        CPUAccelerator => CPUMemoryBuffer.Create(_accelerator, address, count, elementSize),
        _ => throw new NotSupportedException($"{Name} cannot use the memory of another library."),
    };

    /// <inheritdoc/>
    public override void Synchronize() => Stream.Synchronize();

    /// <summary>Opens a CUDA device.</summary>
    /// <param name="index">Its number among those that the driver lists.</param>
    /// <exception cref="SpexInputException">There is no such device, or it cannot be used; says why.</exception>
    public static IlgpuDevice OpenCuda(int index)
    {
        CudaDriver.Check();
        return Open(
            $"cuda:{index}",
            builder => builder.Cuda(),
            context => context.GetCudaDevices().Count,
            context =>
            {
                CudaDevice device = context.GetCudaDevice(index);
                if (device.Architecture is null || device.InstructionSet is null)
                {
                    throw new SpexInputException($"cuda:{index} ({device.Name}) cannot be used: the driver {device.DriverVersion} is too old for it. Install a newer driver.");
                }

                CudaAccelerator accelerator = device.CreateCudaAccelerator(context);
                accelerator.Backend.KeepMemoryOrder();
                return (accelerator, $"{device.Name}, compute capability {device.Architecture}, CUDA {device.DriverVersion} driver");
            },
            index,
            1024);
    }

    /// <summary>Opens an OpenCL device.</summary>
    /// <param name="index">Its number among those that the drivers list.</param>
    /// <exception cref="SpexInputException">There is no such device, or it cannot be used; says why.</exception>
    public static IlgpuDevice OpenOpenCL(int index)
    {
        OpenCLDriver.Check();
        return Open(
            $"opencl:{index}",
            builder => builder.OpenCL(_ => true),
            context => context.GetCLDevices().Count,
            context =>
            {
                CLDevice device = context.GetCLDevice(index);
                if (OpenCLDriver.WhyNot(device) is { } reason)
                {
                    throw new SpexInputException($"opencl:{index} ({device.Name}) cannot be used: {reason}.");
                }

                CLAccelerator accelerator = device.CreateCLAccelerator(context);
                accelerator.Backend.KeepMemoryOrder();
                return (accelerator, $"{device.Name}, {device.VendorName}, {device.PlatformVersion}");
            },
            index,
            256);
    }

    /// <summary>Opens ILGPU's CPU accelerator, which runs kernels for tests: one thread of the operating system for each of a group's.</summary>
    /// <param name="threads">Threads in a group: a power of two, 2 or more.</param>
    /// <param name="plan">Small tiles, so that short rows take many passes; null for the usual ones.</param>
    /// <param name="name">What it is called, where it stands for another device.</param>
    internal static IlgpuDevice OpenSimulator(int threads = 16, HadamardPlan? plan = null, string name = "ilgpu-cpu")
    {
        int lanes = plan is { InRegisters: true } ? LanesOfRegisterTiles : Math.Min(4, threads);
        CPUDevice device = new(lanes, Math.Max(1, threads / lanes), 1);
        Context context = Context.Create(builder => builder.CPU(device).Optimize(OptimizationLevel.O2));
        return new IlgpuDevice(
            context, device.CreateCPUAccelerator(context, CPUAcceleratorMode.Sequential), name, "ILGPU's CPU accelerator", threads, plan ?? HadamardPlan.Standard);
    }

    /// <summary>The elements of a buffer, for a kernel.</summary>
    /// <exception cref="ArgumentException">It is another device's buffer.</exception>
    internal ArrayView<T> View<T>(DeviceBuffer<T> buffer)
        where T : unmanaged =>
        buffer is IlgpuBuffer<T> own && ReferenceEquals(own.Device, this)
            ? own.View
            : throw new ArgumentException($"The buffer is on {buffer.Device.Name}; {Name} works on its own memory.", nameof(buffer));

    /// <summary>Copies from the device and waits. The host's memory is held in place until then: a copy may go on after the call that asks for it.</summary>
    internal unsafe void CopyToHost<T>(Span<T> target, long start, ArrayView<T> source, string? what = null)
        where T : unmanaged
    {
        if (target.IsEmpty)
        {
            return;
        }

        Transfers.CountToHost(what ?? typeof(T).Name, (long)target.Length * sizeof(T));
        fixed (T* address = target)
        {
            source.SubView(start, target.Length).CopyToCPU(Stream, ref *address, target.Length);
            Synchronize();
        }
    }

    /// <summary>Copies to the device and waits, so that the source may change again.</summary>
    internal unsafe void CopyFromHost<T>(ReadOnlySpan<T> source, long start, ArrayView<T> target, string? what = null)
        where T : unmanaged
    {
        if (source.IsEmpty)
        {
            return;
        }

        Transfers.CountToDevice(what ?? typeof(T).Name, (long)source.Length * sizeof(T));
        fixed (T* address = source)
        {
            target.SubView(start, source.Length).CopyFromCPU(Stream, ref *address, source.Length);
            Synchronize();
        }
    }

    /// <summary>A launch of at most <paramref name="items"/> threads for a kernel that takes its items in steps.</summary>
    internal KernelConfig Spread(long items)
    {
        Transfers.CountLaunch();
        int threads = Math.Min(SpreadThreads, _mostThreads);
        long groups = Math.Clamp((items + threads - 1) / threads, 1, (long)Math.Max(1, _accelerator.NumMultiprocessors) * SpreadGroups);
        return new KernelConfig((int)groups, threads);
    }

    /// <summary>A launch of one group a tile.</summary>
    /// <param name="tiles">Number of tiles, 1 or more.</param>
    /// <param name="threads">Threads that suit the kernel; fewer are taken where the device has fewer.</param>
    internal KernelConfig Tiles(long tiles, int threads)
    {
        Transfers.CountLaunch();
        return new KernelConfig(checked((int)tiles), Math.Min(threads, _mostThreads));
    }

    /// <summary>Tells the compiler how many threads a group has at most, so that their registers fit into a multiprocessor.</summary>
    /// <param name="threads">The most threads of a group.</param>
    /// <param name="groups">Groups that a multiprocessor shall hold at once; null where that does not matter.</param>
    internal KernelSpecialization UpTo(int threads, int? groups = null) => new(Math.Min(threads, _mostThreads), groups);

    /// <summary>The most threads in a group.</summary>
    internal int MostThreads => _mostThreads;

    /// <summary>Whether all memory that is allocated, also what primitives keep for themselves, is filled with 0xFF bytes first: checks find kernels that read what none has written.</summary>
    internal bool PoisonsMemory { get; set; }

    /// <summary>Allocates memory; running out of it is told apart from other errors.</summary>
    internal MemoryBuffer AllocateMemory(long count, int elementSize)
    {
        try
        {
            MemoryBuffer memory = _accelerator.AllocateRaw(count, elementSize);
            if (PoisonsMemory)
            {
                memory.MemSet(Stream, 0xFF, 0, memory.LengthInBytes);
            }

            return memory;
        }
        catch (Exception error) when (MemoryShortage.Is(error))
        {
            throw new DeviceMemoryException(
                $"{Name} has no {count * elementSize / (1 << 20):N0} MiB left. Free some memory on it, ask for less with a smaller --budget, or use another --device.", error);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            MakeCurrent();
            _masks.Dispose();
            _values.Dispose();
            _signMatrix.Dispose();
            _regression.Dispose();
            _codes.Dispose();
            _trees.Dispose();
            _primary?.LeaveWithAccelerator();
            _accelerator.Dispose();
            _primary?.Dispose();
            _context.Dispose();
        }

        base.Dispose(disposing);
    }

    private static IlgpuDevice Open(
        string name, Func<Context.Builder, Context.Builder> choose, Func<Context, int> count, Func<Context, (Accelerator Accelerator, string Description)> create, int index, int mostThreads)
    {
        NativeDriver.Register();

        // O2 finds out which pointers are global and which are shared; with less, every access is by a generic address.
        Context context = Context.Create(builder => choose(builder).Optimize(OptimizationLevel.O2));
        try
        {
            int devices = count(context);
            if (index >= devices)
            {
                throw new SpexInputException(devices == 0
                    ? $"There is no device {name}: the driver lists none. `spex devices` says what there is."
                    : $"There is no device {name}: the driver lists {devices}, numbered from 0. `spex devices` lists them.");
            }

            (Accelerator accelerator, string description) = create(context);
            bool large = accelerator.MaxSharedMemoryPerGroup >= HadamardPlan.SharedBytesOfLargeTiles;
            HadamardPlan plan = accelerator is CudaAccelerator { WarpSize: LanesOfRegisterTiles } ? HadamardPlan.Registers : large ? HadamardPlan.Standard : HadamardPlan.Small;
            return new IlgpuDevice(context, accelerator, name, description, mostThreads, plan);
        }
        catch (Exception error) when (error is CudaException or CLException or NotSupportedException)
        {
            context.Dispose();
            throw new SpexInputException($"{name} cannot be used: {error.Message} `--device cpu` works everywhere.", error);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }
}
