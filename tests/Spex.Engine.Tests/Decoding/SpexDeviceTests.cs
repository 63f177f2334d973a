using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Tests.Devices;

namespace Spex.Engine.Tests.Decoding;

/// <summary>SPEX from the values to the spectrum on a device, against the processor.</summary>
public abstract class SpexDeviceTests : DeviceTests
{
    [Theory]
    [InlineData(40, 2000, 4, 12, 0)]
    [InlineData(12, 300, 2, 6, 0.05)]
    public void It_finds_the_same_spectrum_as_the_processor(int n, int budget, int degree, int terms, double noise)
    {
        using CpuDevice processor = new(1);
        Agree(Decode(processor, n, budget, degree, terms, noise), Decode(Device, n, budget, degree, terms, noise));
    }

    /// <summary>What devices promise each other: the same support above 10⁻⁴ of the largest coefficient, differences of at most 10⁻⁵ of it.</summary>
    protected static void Agree(Decoded expected, Decoded actual)
    {
        double largest = expected.Spectrum.Terms.Max(term => Math.Abs(term.Coefficient));
        Assert.Equal(Large(expected.Spectrum), Large(actual.Spectrum));
        Assert.All(expected.Spectrum.Terms, term => Assert.Equal(term.Coefficient, actual.Spectrum[term.Set], 1e-5 * largest));
        Assert.All(actual.Spectrum.Terms, term => Assert.Equal(expected.Spectrum[term.Set], term.Coefficient, 1e-5 * largest));
        Assert.Equal(expected.OutOfFold!.R2, actual.OutOfFold!.R2, 1e-5);

        FeatureSet[] Large(Spectrum spectrum) => [.. spectrum.Terms.Where(term => Math.Abs(term.Coefficient) > 1e-4 * largest).Select(term => term.Set)];
    }

    /// <summary>The decoded values of a random sparse function, noise of the given standard deviation added.</summary>
    protected static Decoded Decode(Device device, int n, int budget, int degree, int terms, double noise)
    {
        SpexDesign design = SpexDesign.ForBudget(n, budget, degree, 3);
        Spectrum truth = new(n, Enumerable.Range(0, terms).Select(k => new SpectrumTerm(
            new FeatureSet([.. Enumerable.Range(0, k % 5).Select(i => ((7 * k) + (3 * i)) % n).Distinct()]), Philox.Gaussian(1, 0, (ulong)k))));
        float[] values = [.. truth.Evaluate(design.ToMatrix(0, (int)design.Count)).Select((value, i) => (float)(value + (noise * Philox.Gaussian(2, 0, (ulong)i))))];
        return new SpexMethod().Decode(new Samples(design, values), new DecoderSettings { MaxDegree = degree }, device, TestContext.Current.CancellationToken);
    }
}
