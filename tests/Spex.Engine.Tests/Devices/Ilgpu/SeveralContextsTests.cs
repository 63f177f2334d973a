using System.Runtime.InteropServices;
using Spex.Core.Designs;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Tests;

namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>ILGPU's own CUDA accelerators on several devices beside a library that switches devices as torch does, on the emulated driver, which knows what belongs to which context.</summary>
/// <remarks>ILGPU loads its driver once a process, so each case runs in one of its own: this executable again.</remarks>
public sealed class SeveralContextsTests
{
    private const string Choice = "SPEX_TESTED_DEVICES";
    private const int FeatureCount = 70;

    [Theory]
    [InlineData("cuda:0")]
    [InlineData("cuda:1")]
    [InlineData("cuda:0,cuda:1")]
    [InlineData("cuda:1,cuda:0")]
    [InlineData("cuda:1,cuda:2")]
    [InlineData("cuda:2,cuda:0,cuda:1")]
    public async Task Nothing_is_done_in_another_context_than_its_own(string devices)
    {
        (int exitCode, string output) = await EmulatedCuda.Run(
            typeof(SeveralContextsTests).Assembly.GetName().Name!,
            ["-method", $"{typeof(SeveralContextsTests).FullName}.{nameof(With_the_emulated_driver)}", "-explicit", "only", "-noColor"],
            (Choice, devices),
            ("SPEX_EMULATED_DEVICES", "3"));
        Assert.True(exitCode == 0 && output.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", StringComparison.Ordinal), output);
        Assert.DoesNotContain("emulated CUDA:", output);
    }

    [Fact(Explicit = true)]
    public void With_the_emulated_driver()
    {
        string choice = Environment.GetEnvironmentVariable(Choice) ?? throw new InvalidOperationException($"{Choice} names the devices.");
        int[] numbers = [.. choice.Split(',').Select(name => int.Parse(name.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))];

        // As in the command: the model is there before the engine's devices are.
        using Model model = new(numbers[0]);
        Device[] devices = [.. DeviceCatalog.OpenAll(choice).Select(opened => opened.Device)];
        foreach ((IlgpuDevice device, int number) in devices.Cast<IlgpuDevice>().Zip(numbers))
        {
            Assert.Equal($"cuda:{number}", device.Name);
            Assert.Null(device.SharePrimaryContext());
            device.AllocateFrom(new Memory(device, number));
        }

        UniformDesign design = new(FeatureCount, 5, 6, 4000);
        Assert.True(devices[0].FreeBytes > 0);
        using (MultiDeviceValueFunction function = new(model, devices))
        {
            for (int round = 0; round < 4; round++)
            {
                const int Count = 150;
                using DeviceBuffer<ulong> packed = devices[0].Allocate<ulong>(2 * Count);
                using DeviceBuffer<float> values = devices[0].Allocate<float>(Count);
                devices[0].Masks.Generate(design, round * Count, Count, packed);
                function.Evaluate(new MaskBatch(packed, Count, FeatureCount, round * Count) { Design = design, DesignStart = round * Count }, values, CancellationToken.None);
                float[] host = new float[Count];
                values.CopyTo(host);
                Assert.Equal(Enumerable.Range(round * Count, Count).Select(index => (float)index), host);
                Assert.Equal(numbers[0], Torch.Current());
            }
        }

        Assert.All(devices, device => device.Dispose());
        Assert.Equal("", Marshal.PtrToStringUTF8(emulatorLastFault()));
    }

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint emulatorLastFault();

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuCtxGetCurrent(out nint context);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuCtxGetDevice(out int device);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuDevicePrimaryCtxGetState(int device, out uint flags, out int active);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuPointerGetAttribute(out nint context, int attribute, nint address);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuMemAlloc_v2(out nint address, nint size);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuMemFree_v2(nint address);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuDevicePrimaryCtxRetain(out nint context, int device);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int cuCtxSetCurrent(nint context);

    /// <summary>How torch has a device current for an operation (c10/cuda/CUDAFunctions.cpp): the one that it found is current again afterwards, at once where that is in use, else with the next operation.</summary>
    private static class Torch
    {
        private static readonly nint[] Contexts = new nint[8];

        // The device that is to be current again, plus 1; and what the runtime takes for current where no context is.
        [ThreadStatic]
        private static int _postponed;

        [ThreadStatic]
        private static int _chosen;

        public static nint Allocate(int device, nint size) => On(device, () =>
        {
            Assert.Equal(0, cuMemAlloc_v2(out nint address, size));
            return address;
        });

        public static void Free(int device, nint address) => On(device, () =>
        {
            Assert.Equal(0, cuMemFree_v2(address));
            return 0;
        });

        public static T On<T>(int device, Func<T> operation)
        {
            int before = _postponed > 0 ? _postponed - 1 : Current();
            _postponed = 0;
            Set(device);
            try
            {
                return operation();
            }
            finally
            {
                if (IsActive(before))
                {
                    Set(before);
                }
                else
                {
                    _postponed = before + 1;
                }
            }
        }

        public static int Current() => cuCtxGetDevice(out int device) == 0 ? device : _chosen;

        // CU_POINTER_ATTRIBUTE_CONTEXT is 1.
        public static void Touch(nint address)
        {
            Assert.Equal((0, 0), (cuPointerGetAttribute(out nint owner, 1, address), cuCtxGetCurrent(out nint current)));
            Assert.Equal(owner, current);
        }

        private static bool IsActive(int device) => cuDevicePrimaryCtxGetState(device, out _, out int active) == 0 && active != 0;

        private static void Set(int device)
        {
            lock (Contexts)
            {
                if (Contexts[device] == 0)
                {
                    Assert.Equal(0, cuDevicePrimaryCtxRetain(out Contexts[device], device));
                }
            }

            if (cuCtxGetDevice(out int now) != 0 || now != device)
            {
                Assert.Equal(0, cuCtxSetCurrent(Contexts[device]));
            }

            _chosen = device;
        }
    }

    private sealed class Memory(IlgpuDevice device, int number) : IDeviceAllocator
    {
        public DeviceBuffer<T> Allocate<T>(long count)
            where T : unmanaged
        {
            nint address = Torch.Allocate(number, (nint)Math.Max(1, count) * Marshal.SizeOf<T>());
            return device.Borrow<T>(address, count, new Tensor(number, address));
        }

        private sealed class Tensor(int number, nint address) : IDisposable
        {
            public void Dispose() => Torch.Free(number, address);
        }
    }

    /// <summary>A model with weights on its device; the value of a mask is its number.</summary>
    private sealed class Model(int number) : IReplicableValueFunction, IDisposable
    {
        private readonly nint _weights = Torch.Allocate(number, 1000);

        public int FeatureCount => SeveralContextsTests.FeatureCount;

        public string Fingerprint => "numbers";

        public int PreferredBatchSize => 16;

        public IValueFunction ReplicateFor(Device device) => new Model(int.Parse(device.Name.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));

        public unsafe void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
            using DeviceBuffer<float> dense = masks.Device.Allocate<float>((long)masks.Count * FeatureCount);
            masks.Device.Masks.Expand(masks.Packed, masks.Count, FeatureCount, dense);
            for (int layer = 0; layer < 3; layer++)
            {
                nint hidden = Torch.Allocate(number, 500);
                Torch.On(number, () =>
                {
                    Array.ForEach([hidden, _weights, dense.DangerousDevicePointer, values.DangerousDevicePointer], Torch.Touch);
                    return 0;
                });
                Torch.Free(number, hidden);
            }

            Span<float> numbers = new((void*)values.DangerousDevicePointer, masks.Count);
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = masks.FirstIndex + i;
            }
        }

        public void Dispose() => Torch.Free(number, _weights);
    }
}
