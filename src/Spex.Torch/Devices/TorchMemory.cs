using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Devices;

/// <summary>Memory of a device that torch owns: every buffer is a tensor, so that models and kernels work on the same numbers and nothing is copied between them.</summary>
/// <remarks>
/// torch works in the device's primary context on the legacy default stream; <see cref="Attach"/> moves the engine's device there, see <see cref="IlgpuDevice.SharePrimaryContext"/>. Work of
/// both then runs in the order in which it was asked for. One thread at a time, as the device itself.
/// </remarks>
public sealed class TorchMemory : IDeviceAllocator
{
    private readonly IlgpuDevice _device;

    // Where a buffer's tensor is found again; an entry goes with its buffer.
    private readonly ConditionalWeakTable<object, Tensor> _tensors = [];

    private TorchMemory(IlgpuDevice device, torch.Device torchDevice) => (_device, Device) = (device, torchDevice);

    /// <summary>Where torch has the device's memory.</summary>
    public torch.Device Device { get; }

    /// <summary>Lets a device take its memory from torch; before anything else is done on the device.</summary>
    /// <param name="device">A CUDA device, or ILGPU's CPU accelerator.</param>
    /// <param name="whyNot">Why models and kernels cannot share memory, in one line for people; null where they do.</param>
    /// <returns>The memory; null where the device keeps its own, and masks and values go by way of the host.</returns>
    public static TorchMemory? Attach(IlgpuDevice device, out string? whyNot)
    {
        ArgumentNullException.ThrowIfNull(device);
        string? reason = WhyNot(device, out torch.Device? torchDevice);
        if (reason is not null)
        {
            whyNot = $"Models and kernels share no memory on {device.Name}: {reason}.";
            return null;
        }

        whyNot = null;
        TorchMemory memory = new(device, torchDevice!);
        device.AllocateFrom(memory);
        return memory;
    }

    /// <summary>The memory that was attached to a device; null where its memory is not torch's.</summary>
    public static TorchMemory? Of(Spex.Engine.Devices.Device device) => (device as IlgpuDevice)?.Allocator as TorchMemory;

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">torch has not so much memory.</exception>
    public DeviceBuffer<T> Allocate<T>(long count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        (ScalarType type, int perElement) = TypeOf<T>();
        Tensor tensor;
        try
        {
            tensor = empty(Math.Max(1, count) * perElement, type, Device).DetachFromDisposeScope();
        }
        catch (ExternalException error)
        {
            throw new DeviceMemoryException(
                $"torch has no {count * Unsafe.SizeOf<T>() / (1 << 20):N0} MiB left on {_device.Name}. Free some memory on it, ask for less with a smaller --budget, or use another --device.", error);
        }

        DeviceBuffer<T> buffer = _device.Borrow<T>(AddressOf(tensor), count, tensor);
        _tensors.Add(buffer, tensor);
        return buffer;
    }

    /// <summary>The tensor that a buffer is: one dimension, float32, float64, int32, int64 (ulong too), uint8 or bfloat16 (ushort); other types as bytes. The buffer owns it.</summary>
    /// <exception cref="ArgumentException">The buffer was not allocated here.</exception>
    public Tensor TensorOf<T>(DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return _tensors.TryGetValue(buffer, out Tensor? tensor)
            ? tensor
            : throw new ArgumentException($"The buffer on {buffer.Device.Name} is no tensor; buffers of the device that torch's memory is attached to are.", nameof(buffer));
    }

    /// <summary>A batch's masks as numbers, which the device's kernel writes: rows × n, 1 for present. Rows behind the batch's are empty masks.</summary>
    internal DeviceBuffer<float> Expand(MaskBatch masks, long rows)
    {
        DeviceBuffer<float> dense = _device.Allocate<float>(rows * masks.FeatureCount);
        if (rows > masks.Count)
        {
            dense.Fill(0);
        }

        _device.Masks.Expand(masks.Packed, masks.Count, masks.FeatureCount, dense);
        return dense;
    }

    /// <summary>The address of a tensor's first element, its storage offset counted in.</summary>
    internal static nint AddressOf(Tensor tensor)
    {
        nint address = THSTensor_data(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    private static string? WhyNot(IlgpuDevice device, out torch.Device? torchDevice)
    {
        TorchRuntime.EnsureLoaded();
        torchDevice = null;
        string[] name = device.Name.Split(':');
        if (name[0] == "cuda" && !cuda.is_available())
        {
            return $"this libtorch has no CUDA ({TorchRuntime.Description}), so models run on the processor; {TorchRuntime.LibTorchVariable} names one that has";
        }

        if (device.IsOpenCL)
        {
            return "torch has no OpenCL";
        }

        // The primary context becomes the thread's current one before torch allocates anything: torch would take the engine's own, were that current.
        torchDevice = name[0] == "cuda" ? new torch.Device(DeviceType.CUDA, int.Parse(name[1], System.Globalization.CultureInfo.InvariantCulture)) : CPU;

        return device.SharePrimaryContext();
    }

    private static (ScalarType Type, int PerElement) TypeOf<T>()
        where T : unmanaged =>
        typeof(T) == typeof(float) ? (ScalarType.Float32, 1)
        : typeof(T) == typeof(double) ? (ScalarType.Float64, 1)
        : typeof(T) == typeof(int) ? (ScalarType.Int32, 1)
        : typeof(T) == typeof(long) || typeof(T) == typeof(ulong) ? (ScalarType.Int64, 1)
        : typeof(T) == typeof(ushort) ? (ScalarType.BFloat16, 1)
        : (ScalarType.Byte, Unsafe.SizeOf<T>());

    [DllImport("LibTorchSharp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static extern nint THSTensor_data(nint tensor);
}
