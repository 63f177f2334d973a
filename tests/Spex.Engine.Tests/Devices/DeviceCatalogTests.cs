using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Tests.Devices.Ilgpu;

namespace Spex.Engine.Tests.Devices;

public sealed class DeviceCatalogTests
{
    [Theory]
    [InlineData("auto", true)]
    [InlineData("CPU", true)]
    [InlineData("cuda", true)]
    [InlineData("cuda:12", true)]
    [InlineData("OpenCL:0", true)]
    [InlineData("", false)]
    [InlineData("cuda:", false)]
    [InlineData("cuda:-1", false)]
    [InlineData("cuda:0:1", false)]
    [InlineData("cuda:0,1", false)]
    [InlineData("cuda:0,cuda:1", true)]
    [InlineData("opencl:1,opencl:0", true)]
    [InlineData("cuda:0,cuda:0", false)]
    [InlineData("cuda:0,opencl:1", false)]
    [InlineData("cuda,cuda:1", false)]
    [InlineData("cpu,cpu", false)]
    [InlineData("auto:0", false)]
    [InlineData("metal", false)]
    public void Choices_are_understood_or_not(string choice, bool understood)
    {
        Assert.Equal(understood, DeviceCatalog.IsChoice(choice));
        if (!understood)
        {
            Assert.Throws<SpexInputException>(() => DeviceCatalog.Open(choice));
            Assert.Throws<SpexInputException>(() => DeviceCatalog.OpenAll(choice));
        }
    }

    [Fact]
    public void The_processor_is_always_there_with_the_threads_asked_for()
    {
        OpenedDevice opened = DeviceCatalog.Open("cpu", 3);
        using CpuDevice device = Assert.IsType<CpuDevice>(opened.Device);
        Assert.Equal(3, device.Threads);
        Assert.Null(opened.Remark);
    }

    [Theory]
    [InlineData("int cuInit(unsigned f) { return 0; } int cuDriverGetVersion(int *v) { *v = 10020; return 0; }", "the CUDA driver is too old: it speaks CUDA 10.2, at least 11.0 is needed")]
    [InlineData("int cuInit(unsigned f) { return 100; } int cuDriverGetVersion(int *v) { *v = 12080; return 0; }", "the CUDA driver finds no device")]
    [InlineData("int cuInit(unsigned f) { return 999; } int cuDriverGetVersion(int *v) { *v = 12080; return 0; }", "the CUDA driver does not start: error 999")]
    [InlineData("int something(void) { return 0; }", "is no CUDA driver: it lacks cuInit")]
    public void With_a_driver_that_cannot_be_used_auto_takes_the_processor_and_one_line_says_why(string driver, string reason)
    {
        nint library = StandInLibrary.Build(driver);
        try
        {
            NativeDriver.StandIn = name => name == NativeDriver.Cuda ? library : 0;
            OpenedDevice opened = DeviceCatalog.Open("auto", 1);
            using Device device = opened.Device;
            Assert.Equal("cpu", device.Name);
            Assert.StartsWith("Device: cpu. CUDA cannot be used: ", opened.Remark, StringComparison.Ordinal);
            Assert.Contains(reason, opened.Remark, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', opened.Remark!);
            Assert.Contains(reason, Assert.Throws<SpexInputException>(() => DeviceCatalog.OpenAll("cuda:0,cuda:1")).Message, StringComparison.Ordinal);
        }
        finally
        {
            NativeDriver.StandIn = null;
            System.Runtime.InteropServices.NativeLibrary.Free(library);
        }
    }

    [Fact]
    public void Without_a_driver_auto_takes_the_processor_and_says_nothing()
    {
        NativeDriver.StandIn = _ => 0;
        try
        {
            OpenedDevice opened = DeviceCatalog.Open("auto", 1);
            using Device device = opened.Device;
            Assert.Equal(("cpu", null), (device.Name, opened.Remark));
            Assert.Contains("no CUDA driver is installed", Assert.Throws<SpexInputException>(() => DeviceCatalog.Open("cuda")).Message, StringComparison.Ordinal);
        }
        finally
        {
            NativeDriver.StandIn = null;
        }
    }

    [Fact]
    public void Auto_takes_the_first_CUDA_device_that_is_listed_as_usable()
    {
        OpenedDevice opened = DeviceCatalog.Open("auto");
        using Device device = opened.Device;
        bool cuda = DeviceCatalog.List().Any(listed => listed.Name == "cuda:0" && listed.WhyNot is null);
        Assert.Equal(cuda ? "cuda:0" : "cpu", device.Name);
        Assert.True(!cuda || opened.Remark is not null);
    }

    [Fact]
    public void Each_kind_is_listed_and_what_is_not_usable_says_why_when_it_is_opened_too()
    {
        IReadOnlyList<DeviceListing> listed = DeviceCatalog.List();
        Assert.Equal("cpu", listed[0].Name);
        Assert.Equal(["cpu", "cuda", "opencl"], listed.Select(device => device.Name.Split(':')[0]).Distinct());
        foreach (DeviceListing device in listed.Where(device => device.WhyNot is not null))
        {
            Assert.Contains(device.WhyNot!, Assert.Throws<SpexInputException>(() => DeviceCatalog.Open(device.Name)).Message);
        }
    }
}
