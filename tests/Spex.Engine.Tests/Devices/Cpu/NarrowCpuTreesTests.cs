using Spex.Core.Trees;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Devices.Cpu;

public sealed class NarrowCpuTreesTests : TreePrimitivesTests
{
    [Theory]
    [InlineData(200, 129, true)]
    [InlineData(6000, 64, true)]
    [InlineData(6000, 64, false)]
    [InlineData(9000, 200, true)]
    public void The_width_of_the_vectors_does_not_change_a_bit(int samples, int features, bool quantized)
    {
        // 6,000 and 9,000 samples are more than a block of 4,536 that the wide form adds up in 16 bits.
        using CpuDevice narrow = new(1, wide: false), any = new(1);
        using Problem problem = new(narrow, samples, features, Peaks(features)), other = new(any, samples, features, Peaks(features));
        BoostingSettings settings = new(6, 0.3) { QuantizedGradients = quantized };
        Same(Fit(problem, settings, 15), Fit(other, settings, 15));
    }

    protected override Device Open() => new CpuDevice(2, wide: false);
}
