using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class BufferTests : DeviceTests
{
    [Fact]
    public void A_part_is_copied_from_buffer_to_buffer()
    {
        using DeviceBuffer<int> from = Upload(1, 2, 3, 4, 5), to = Upload(0, 0, 0, 0);
        from.CopyTo(to, 2, 3, 1);
        from.CopyTo(to, 0, 5, 4);
        Assert.Equal([0, 4, 5, 0], Download(to));
        Assert.Throws<ArgumentOutOfRangeException>(() => from.CopyTo(to, 3, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => from.CopyTo(to, 3, 0, 2));
    }

    [Fact]
    public void Parts_are_copied_there_and_back()
    {
        using DeviceBuffer<int> buffer = Upload(1, 2, 3, 4, 5);
        buffer.CopyFrom([7, 8], start: 2);
        int[] part = new int[3];
        buffer.CopyTo(part, start: 1);
        Assert.Equal([2, 7, 8], part);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(4, 2)]
    [InlineData(6, 0)]
    public void A_part_outside_is_refused(int start, int count)
    {
        using DeviceBuffer<int> buffer = Upload(1, 2, 3, 4, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyTo(new int[count], start));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.CopyFrom(new int[count], start));
    }

    [Fact]
    public void Disposing_twice_gives_back_once()
    {
        DeviceBuffer<int> kept = Upload(1), buffer = Upload(2);
        Assert.Equal(2, Device.LiveBuffers);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Equal(1, Device.LiveBuffers);
        Assert.Throws<ObjectDisposedException>(() => buffer.CopyTo(new int[1]));
        kept.Dispose();
    }

    [Fact]
    public void An_empty_buffer_is_fine()
    {
        using DeviceBuffer<float> buffer = Device.Allocate<float>(0);
        buffer.CopyTo([]);
        Assert.Equal(0, buffer.Length);
    }

    [Fact]
    public void The_device_says_what_it_is()
    {
        Assert.NotEmpty(Device.Name);
        Assert.NotEmpty(Device.Description);
        Assert.True(Device.FreeBytes > 0);
        Device.Synchronize();
    }
}
