using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Tests.Devices;
using Spex.Engine.Tests.Devices.Ilgpu;

namespace Spex.Engine.Tests.Decoding;

public sealed class SimulatorRidgeRegressionTests : RidgeRegressionTests
{
    protected override Device Open() => IlgpuDevice.OpenSimulator(2);
}

[Collection(Hardware.Collection)]
public sealed class CudaRidgeRegressionTests : RidgeRegressionTests
{
    public CudaRidgeRegressionTests() => _ = Device;

    protected override Device Open() => Hardware.Cuda();
}

/// <summary>Ridge regression on a device, against the host's.</summary>
public abstract class RidgeRegressionTests : DeviceTests
{
    [Fact]
    public void It_is_the_one_of_the_processor() =>
        Gen.Select(Gen.Int[3, 9], Gen.Int[1, 2], Gen.Bool, Gen.ULong[0, 1000]).Sample(
            (features, order, weighted, seed) => Compare(features, order, Math.Min(90, 1 << features), weighted, seed, 0.1, 1, 10),
            iter: 4,
            threads: 1);

    /// <summary>More sets than samples, and hardly any ridge: pivots are zero, and the diagonal is raised.</summary>
    [Fact]
    public void A_system_that_is_not_determined_is_solved_too()
    {
        using FoldedSamples samples = Noise(Device, 9, 20, 3);
        SparseFit fit = RidgeRegression.Fit(samples.Batch, 2, [1e-300], _ => 1, TestContext.Current.CancellationToken)[0];
        double[] predicted = samples.Predict(fit.Full);
        for (int i = 0; i < predicted.Length; i++)
        {
            Assert.Equal(samples.Values[i], predicted[i], 1e-3);
        }
    }

    private void Compare(int features, int order, int count, bool weighted, ulong seed, params double[] alphas)
    {
        using CpuDevice cpu = new(1);
        using FoldedSamples here = Noise(Device, features, count, seed), there = Noise(cpu, features, count, seed);
        double Weight(int size) => weighted ? 1.0 / (1 + size) : 1;
        SparseFit actual = RidgeRegression.Fit(here.Batch, order, alphas, Weight, TestContext.Current.CancellationToken)[0];
        SparseFit expected = RidgeRegression.Fit(there.Batch, order, alphas, Weight, TestContext.Current.CancellationToken)[0];
        Assert.Equal(expected.SquaredError, actual.SquaredError, 1e-8 * (1 + expected.SquaredError));
        for (int p = 0; p < expected.Fits.Count; p++)
        {
            Spectrum one = new(features, expected.Fits[p]), other = new(features, actual.Fits[p]);
            Assert.All(one.Terms.Concat(other.Terms), term => Assert.Equal(one[term.Set], other[term.Set], 1e-9));
        }
    }

    private static FoldedSamples Noise(Device device, int features, int count, ulong seed)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => (float)(3 + Philox.Gaussian(seed, 9, (ulong)i)))];
        return FoldedSamples.From(new Samples(new UniformDesign(features, seed, 1, count), values), seed, device);
    }
}
