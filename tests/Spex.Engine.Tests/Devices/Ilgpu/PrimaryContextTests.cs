using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.Tests.Explaining;

namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>How an accelerator enters and leaves the primary context: on ILGPU's CPU accelerator, against stand-ins of the driver, and on a GPU where one is.</summary>
public sealed class PrimaryContextTests
{
    // A driver of two devices whose handles are 7 and 8 and whose primary contexts are 0x7000 and 0x8000; it writes down what it is asked.
    private const string StandIn = """
        static char log[4096]; static int used; static int fails;
        static void note(char what, long value) { log[used++] = what; for (int shift = 12; shift >= 0; shift -= 4) log[used++] = "0123456789abcdef"[(value >> shift) & 15]; }
        const char *standin_log(void) { log[used] = 0; return log; }
        void standin_fail(int function) { fails = function; }
        int cuDeviceGet(int *device, int ordinal) { if (ordinal < 0 || ordinal > 1) return 101; *device = 7 + ordinal; return 0; }
        int cuDevicePrimaryCtxRetain(void **context, int device) { note('r', device); if (fails == 1) return 2; *context = (void *)(long)(device << 12); return 0; }
        int cuDevicePrimaryCtxRelease_v2(int device) { note('x', device); return 0; }
        int cuCtxSetCurrent(void *context) { note('c', (long)context); return fails == 2 ? 201 : 0; }
        """;

    [Fact]
    public void An_accelerator_works_in_the_primary_context_and_leaves_it_in_order()
    {
        using Context context = Context.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
        Accelerator accelerator = context.GetCPUDevice(0).CreateCPUAccelerator(context);
        Driver driver = new();
        nint own = accelerator.NativePtr;
        PrimaryContext primary = PrimaryContext.TryEnter(accelerator, driver, 3, out string? whyNot)!;
        Assert.Null(whyNot);
        Assert.Equal((0x1003, 0x1003), (accelerator.NativePtr, primary.Context));
        Assert.Equal(["retain 3", "current 1003"], driver.Log);

        // What belongs to the accelerator goes while the primary context is its own; only then does it get back what it must destroy.
        List<nint> seen = [];
        Belonging first = new(accelerator, () => seen.Add(accelerator.NativePtr)), second = new(accelerator, () => seen.Add(accelerator.NativePtr));
        primary.LeaveWithAccelerator();
        Belonging after = new(accelerator, () => seen.Add(accelerator.NativePtr));
        accelerator.Dispose();
        Assert.Equal([0x1003, 0x1003, own], seen);
        primary.Dispose();
        primary.Dispose();
        Assert.Equal(["retain 3", "current 1003", "release 3"], driver.Log);
        GC.KeepAlive((first, second, after));
    }

    [Theory]
    [InlineData("retain", "no context")]
    [InlineData("current", "no current context")]
    public void A_refusal_leaves_the_accelerator_where_it_was(string refused, string reason)
    {
        using Context context = Context.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
        using Accelerator accelerator = context.GetCPUDevice(0).CreateCPUAccelerator(context);
        Driver driver = new() { Refuses = refused };
        nint own = accelerator.NativePtr;
        Assert.Null(PrimaryContext.TryEnter(accelerator, driver, 0, out string? whyNot));
        Assert.Equal(reason, whyNot);
        Assert.Equal(own, accelerator.NativePtr);
        Assert.Equal(refused == "current", driver.Log.Contains("release 0"));
    }

    [Fact]
    public void A_device_explains_in_the_primary_context_and_gives_it_back()
    {
        Driver driver = new();
        using (IlgpuDevice device = IlgpuDevice.OpenSimulator(2))
        {
            Assert.Null(device.ShareContext(driver, 0));
            Explanation explanation = new Explainer(device).Explain(
                new ParityFunction(6), new ExplainerSettings { Method = "spex", Budget = 64 }, cancel: TestContext.Current.CancellationToken);
            Assert.Equal(0x1000, device.Accelerator.NativePtr);
            Assert.True(explanation.Faithfulness.R2 > 0.99);
            using DeviceBuffer<int> buffer = device.Allocate<int>(1);
            Assert.Throws<InvalidOperationException>(() => device.ShareContext(driver, 0));
        }

        Assert.Equal("release 0", driver.Log[^1]);
    }

    [Fact]
    public void Of_two_accelerators_the_one_that_enters_is_current_for_both_libraries()
    {
        Driver driver = new();
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2);
        second.MakeCurrent();
        Assert.Null(first.ShareContext(driver, 0));
        Assert.Same(first.Accelerator, Accelerator.Current);
        Assert.Null(second.ShareContext(driver, 1));
        Assert.Same(second.Accelerator, Accelerator.Current);
        first.MakeCurrent();
        Assert.Same(first.Accelerator, Accelerator.Current);
        Assert.Equal(["retain 0", "current 1000", "retain 1", "current 1001", "current 1000"], driver.Log);
    }

    [Fact]
    public void Whatever_context_a_lender_of_memory_leaves_the_devices_own_is_current_after_it()
    {
        Driver driver = new();
        using CpuDevice memory = new(1);
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        Assert.Null(device.ShareContext(driver, 0));
        device.AllocateFrom(new Lender(driver, memory));
        using DeviceBuffer<int> lent = device.Allocate<int>(3);
        Assert.Equal(["retain 0", "current 1000", "current 2000", "current 1000"], driver.Log);
    }

    [Fact]
    public void A_driver_library_is_asked_by_its_functions()
    {
        nint library = StandInLibrary.Build(StandIn);
        try
        {
            CudaPrimaryContexts driver = new(library);
            Assert.Equal(0x8000, driver.Retain(1));
            driver.SetCurrent(0x8000);
            driver.Release(1);
            Assert.Equal("r0008c8000x0008", Log(library));
            Assert.Contains("error 101", Assert.Throws<SpexException>(() => driver.Retain(2)).Message, StringComparison.Ordinal);

            using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
            Fail(library, 2);
            Assert.Equal("cuCtxSetCurrent fails with error 201", device.ShareContext(driver, 0));
            Fail(library, 1);
            Assert.Equal("cuDevicePrimaryCtxRetain fails with error 2", device.ShareContext(driver, 0));
            Fail(library, 0);
            Assert.Null(device.ShareContext(driver, 0));
            Assert.Equal(0x7000, device.Accelerator.NativePtr);
            device.Dispose();
            Assert.EndsWith("r0007c7000c7000x0007", Log(library), StringComparison.Ordinal);
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    [Fact]
    public void A_library_that_is_no_driver_is_told_by_what_it_lacks()
    {
        SpexException error = Assert.Throws<SpexException>(() => new CudaPrimaryContexts(NativeLibrary.GetMainProgramHandle()));
        Assert.Equal("the CUDA driver lacks cuDeviceGet", error.Message);
    }

    [Fact]
    public void A_gpu_decodes_in_the_primary_context()
    {
        using IlgpuDevice device = Hardware.Cuda();
        Assert.Null(device.SharePrimaryContext());
        Explanation explanation = new Explainer(device).Explain(
            new ParityFunction(70), new ExplainerSettings { Method = "spex", Budget = 1300, MaxDegree = 3 }, cancel: TestContext.Current.CancellationToken);
        Assert.True(explanation.Faithfulness.R2 > 0.99);
    }

    private static unsafe string Log(nint library) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "standin_log"))())!;

    private static unsafe void Fail(nint library, int function) => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "standin_fail"))(function);

    /// <summary>Lends memory, and makes another context current as it does.</summary>
    private sealed class Lender(Driver driver, CpuDevice memory) : IDeviceAllocator
    {
        public DeviceBuffer<T> Allocate<T>(long count)
            where T : unmanaged
        {
            driver.SetCurrent(0x2000);
            return memory.Allocate<T>(count);
        }
    }

    private sealed class Driver : IPrimaryContexts
    {
        public List<string> Log { get; } = [];

        public string? Refuses { get; init; }

        public nint Retain(int ordinal)
        {
            Log.Add($"retain {ordinal}");
            return Refuses == "retain" ? throw new SpexException("no context") : 0x1000 + ordinal;
        }

        public void SetCurrent(nint context)
        {
            Log.Add($"current {context:x}");
            if (Refuses == "current")
            {
                throw new SpexException("no current context");
            }
        }

        public void Release(int ordinal) => Log.Add($"release {ordinal}");
    }

    private sealed class Belonging(Accelerator accelerator, Action disposed) : AcceleratorObject(accelerator)
    {
        protected override void DisposeAcceleratorObject(bool disposing) => disposed();
    }
}
