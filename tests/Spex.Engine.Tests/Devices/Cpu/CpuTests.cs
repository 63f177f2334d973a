using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Devices.Cpu;

// One thread with 256-bit vectors and several threads with 512-bit ones, which .NET also runs on processors without them: the same references for both.
public sealed class CpuBufferTests : BufferTests
{
    protected override Device Open() => new CpuDevice();
}

public sealed class CpuHadamardTests : HadamardTests
{
    protected override int LargestLog => 18;

    protected override Device Open() => new CpuDevice(1, wide: false);
}

public sealed class CpuWideHadamardTests : HadamardTests
{
    protected override int LargestLog => 18;

    protected override Device Open() => new CpuDevice(3, wide: true);
}

public sealed class CpuMaskTests : MaskTests
{
    protected override Device Open() => new CpuDevice(1, wide: false);
}

public sealed class CpuWideMaskTests : MaskTests
{
    protected override Device Open() => new CpuDevice(3, wide: true);
}

public sealed class CpuValueTests : ValueTests
{
    protected override Device Open() => new CpuDevice(3);
}

public sealed class CpuRegressionTests : RegressionTests
{
    protected override Device Open() => new CpuDevice(2);
}

public sealed class CpuSignMatrixTests : SignMatrixTests
{
    protected override Device Open() => new CpuDevice(1, wide: false);
}

public sealed class CpuWideSignMatrixTests : SignMatrixTests
{
    protected override Device Open() => new CpuDevice(3, wide: true);

    [Fact]
    public void A_feature_that_is_none_is_refused()
    {
        using DeviceBuffer<ulong> columns = Upload(0UL, 1UL);
        using DeviceBuffer<int> offsets = Upload(0, 1), features = Upload(2);
        Assert.ThrowsAny<Exception>(() => Device.SignMatrix.Columns(columns, 10, 2, offsets, features, 1, columns));
    }
}

public sealed class CpuCodeTests : CodeTests
{
    protected override Device Open() => new CpuDevice(1, wide: false);
}

public sealed class CpuThreadsCodeTests : CodeTests
{
    protected override Device Open() => new CpuDevice(3, wide: true);
}
