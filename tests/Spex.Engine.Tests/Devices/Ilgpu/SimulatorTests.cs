using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Tests.Decoding;

namespace Spex.Engine.Tests.Devices.Ilgpu;

// Every kernel on ILGPU's CPU accelerator, which gives each thread of a group one of the operating system's: small groups, few samples.
public sealed class SimulatorBufferTests : BufferTests
{
    [Fact]
    public void The_host_cannot_address_its_memory()
    {
        using DeviceBuffer<int> buffer = Upload(1, 2);
        Assert.Throws<NotSupportedException>(() => buffer.Span.Length);
        Assert.NotEqual(0, buffer.DangerousDevicePointer);
    }

    protected override Device Open() => IlgpuDevice.OpenSimulator(4);
}

public sealed class SimulatorHadamardTests : HadamardTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(8);
}

// Tiles of 64 numbers: a row of 2^12 takes one pass along it and several across.
public sealed class SimulatorStridedHadamardTests : HadamardTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(4, new HadamardPlan(6, 2));
}

public sealed class SimulatorMaskTests : MaskTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(4);
}

public sealed class SimulatorValueTests : ValueTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(4);
}

public sealed class SimulatorRegressionTests : RegressionTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(2);
}

public sealed class SimulatorSparseRegressionTests : SparseRegressionTests
{
    protected override int Cases => 1;

    protected override Device Open() => IlgpuDevice.OpenSimulator(2);
}

public sealed class SimulatorSignMatrixTests : SignMatrixTests
{
    protected override int Cases => 6;

    protected override int MostSamples => 4200;

    protected override Device Open() => IlgpuDevice.OpenSimulator(8);
}

public sealed class SimulatorTreesTests : TreePrimitivesTests
{
    protected override int ManyTrees => 4;

    protected override int ManyFeatures => 1500;

    // A group of two adds up over threads in one step, one of sixteen in four.
    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void The_size_of_the_groups_does_not_change_a_bit(int threads)
    {
        using Device device = Open(), other = IlgpuDevice.OpenSimulator(threads);
        using Problem problem = new(device, 1500, 100, Peaks(100)), same = new(other, 1500, 100, Peaks(100));
        Same(Fit(problem, new(3, 0.3), 1), Fit(same, new(3, 0.3), 1));
    }

    protected override Device Open() => IlgpuDevice.OpenSimulator(2);
}

public sealed class SimulatorCodeTests : CodeTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(8);
}

public sealed class SimulatorSpexTests : SpexDeviceTests
{
    [Fact]
    public void The_size_of_the_groups_does_not_change_a_bit()
    {
        using Device four = IlgpuDevice.OpenSimulator(4);
        Decoded expected = Decode(Device, 12, 300, 2, 6, 0.05), actual = Decode(four, 12, 300, 2, 6, 0.05);
        Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
        Assert.Equal(expected.OutOfFold!.Residual, actual.OutOfFold!.Residual);
    }

    protected override Device Open() => IlgpuDevice.OpenSimulator(2);
}
