using System.Diagnostics;
using System.Runtime.InteropServices;
using Spex.Core.Designs;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>ILGPU's own CUDA accelerators on several devices beside a library that switches devices as torch does, on a stand-in driver that knows what belongs to which context.</summary>
/// <remarks>ILGPU loads its driver once a process, so each case runs in one of its own: this executable, with the stand-in where the loader finds it first.</remarks>
public sealed class SeveralContextsTests
{
    private const string Choice = "SPEX_STANDIN_DEVICES";
    private const int FeatureCount = 70;

    [Theory]
    [InlineData("cuda:0")]
    [InlineData("cuda:1")]
    [InlineData("cuda:0,cuda:1")]
    [InlineData("cuda:1,cuda:0")]
    [InlineData("cuda:1,cuda:2")]
    [InlineData("cuda:2,cuda:0,cuda:1")]
    public void Nothing_is_done_in_another_context_than_its_own(string devices)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The stand-in driver is libcuda.so.1.");
        string folder = Directory.CreateTempSubdirectory("spex-driver-").FullName;
        try
        {
            StandInLibrary.Build(StandInCuda.Source, folder, "libcuda.so.1");
            ProcessStartInfo start = new(
                Path.Combine(AppContext.BaseDirectory, typeof(SeveralContextsTests).Assembly.GetName().Name!),
                ["-method", $"{typeof(SeveralContextsTests).FullName}.{nameof(With_the_stand_in_driver)}", "-explicit", "only", "-noColor"])
            { RedirectStandardOutput = true };
            start.Environment[Choice] = devices;
            start.Environment["LD_LIBRARY_PATH"] = folder;
            using Process process = Process.Start(start)!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0 && output.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", StringComparison.Ordinal), output);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact(Explicit = true)]
    public void With_the_stand_in_driver()
    {
        string choice = Environment.GetEnvironmentVariable(Choice) ?? throw new InvalidOperationException($"{Choice} names the devices.");
        int[] numbers = [.. choice.Split(',').Select(name => int.Parse(name.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture))];

        // As in the command: the model is there before the engine's devices are.
        using Model model = new(numbers[0]);
        Device[] devices = [.. DeviceCatalog.OpenAll(choice).Select(opened => opened.Device)];
        foreach ((IlgpuDevice device, int number) in devices.Cast<IlgpuDevice>().Zip(numbers))
        {
            Assert.StartsWith($"stand-in {number},", device.Description);
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
                Assert.Equal(numbers[0], standin_device());
            }
        }

        Assert.All(devices, device => device.Dispose());
        Assert.Equal("", Marshal.PtrToStringUTF8(standin_faults()));
    }

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint standin_faults();

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void standin_touch(nint address);

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int standin_device();

    [DllImport("libcuda.so.1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int standin_active(int device);

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

        public static void Free(int device, nint address) => On(device, () => cuMemFree_v2(address));

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
                if (standin_active(before) != 0)
                {
                    Set(before);
                }
                else
                {
                    _postponed = before + 1;
                }
            }
        }

        private static int Current() => standin_device() is >= 0 and int device ? device : _chosen;

        private static void Set(int device)
        {
            lock (Contexts)
            {
                if (Contexts[device] == 0)
                {
                    Assert.Equal(0, cuDevicePrimaryCtxRetain(out Contexts[device], device));
                }
            }

            if (standin_device() != device)
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
                    Array.ForEach([hidden, _weights, dense.DangerousDevicePointer, values.DangerousDevicePointer], standin_touch);
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
