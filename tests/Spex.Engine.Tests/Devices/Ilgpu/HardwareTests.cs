using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Tests.Decoding;

namespace Spex.Engine.Tests.Devices.Ilgpu;

// The same tests on the hardware that is here; where it is not, they are skipped with the reason: at the door, because a random case that skips counts as failed.
[Collection(Hardware.Collection)]
public sealed class CudaBufferTests : BufferTests
{
    public CudaBufferTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class CudaHadamardTests : HadamardTests
{
    public CudaHadamardTests() => _ = Device;

    protected override int LargestLog => 22;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class CudaMaskTests : MaskTests
{
    public CudaMaskTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class CudaValueTests : ValueTests
{
    public CudaValueTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class CudaSignMatrixTests : SignMatrixTests
{
    public CudaSignMatrixTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLBufferTests : BufferTests
{
    public OpenCLBufferTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLHadamardTests : HadamardTests
{
    public OpenCLHadamardTests() => _ = Device;

    protected override int LargestLog => 18;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLMaskTests : MaskTests
{
    public OpenCLMaskTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLValueTests : ValueTests
{
    public OpenCLValueTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLSignMatrixTests : SignMatrixTests
{
    public OpenCLSignMatrixTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class CudaRegressionTests : RegressionTests
{
    public CudaRegressionTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class CudaSparseRegressionTests : SparseRegressionTests
{
    public CudaSparseRegressionTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLRegressionTests : RegressionTests
{
    public OpenCLRegressionTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLSparseRegressionTests : SparseRegressionTests
{
    public OpenCLSparseRegressionTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class CudaCodeTests : CodeTests
{
    public CudaCodeTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class CudaSpexTests : SpexDeviceTests
{
    public CudaSpexTests() => _ = Device;

    // A game of size: hundreds of terms, every way of finding them.
    [Fact]
    public void It_agrees_on_a_large_game_too()
    {
        using CpuDevice processor = new();
        Agree(Decode(processor, 200, 20_000, 5, 150, 0.02), Decode(Device, 200, 20_000, 5, 150, 0.02));
    }

    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLCodeTests : CodeTests
{
    public OpenCLCodeTests() => _ = Device;

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLSpexTests : SpexDeviceTests
{
    public OpenCLSpexTests() => _ = Device;

    // A game of size: hundreds of terms, every way of finding them.
    [Fact]
    public void It_agrees_on_a_large_game_too()
    {
        using CpuDevice processor = new();
        Agree(Decode(processor, 200, 20_000, 5, 150, 0.02), Decode(Device, 200, 20_000, 5, 150, 0.02));
    }

    protected override Device Open() => Hardware.OpenCL();
}

[Collection(Hardware.Collection)]
public sealed class CudaTreesTests : TreePrimitivesTests
{
    protected override Device Open() => Hardware.Cuda();
}

[Collection(Hardware.Collection)]
public sealed class OpenCLTreesTests : TreePrimitivesTests
{
    protected override Device Open() => Hardware.OpenCL();
}

internal static class Hardware
{
    /// <summary>One test at a time: drivers differ in how well they bear several contexts at once.</summary>
    public const string Collection = "Hardware";

    public static IlgpuDevice Cuda() => OrSkip(() => IlgpuDevice.OpenCuda(0));

    public static Device OpenCL() => OrSkip(() => IlgpuDevice.OpenOpenCL(0));

    private static IlgpuDevice OrSkip(Func<IlgpuDevice> open)
    {
        try
        {
            return open();
        }
        catch (SpexInputException missing)
        {
            Assert.Skip(missing.Message);
            throw;
        }
    }
}
