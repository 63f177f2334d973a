using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

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
    [InlineData("auto:0", false)]
    [InlineData("metal", false)]
    public void Choices_are_understood_or_not(string choice, bool understood)
    {
        Assert.Equal(understood, DeviceCatalog.IsChoice(choice));
        if (!understood)
        {
            Assert.Throws<SpexInputException>(() => DeviceCatalog.Open(choice));
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
