using Spex.Core;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

/// <summary>Whole explanations on a device whose memory the host cannot address.</summary>
public sealed class IlgpuExplainerTests : IDisposable
{
    private readonly IlgpuDevice _device = IlgpuDevice.OpenSimulator(4);

    public void Dispose()
    {
        Assert.Equal(0, _device.LiveBuffers);
        _device.Dispose();
    }

    [Theory]
    [InlineData(6, 64)]
    [InlineData(20, 1500)]
    [InlineData(80, 3000)]
    public void A_game_has_the_spectrum_that_it_has_on_the_processor(int features, int budget)
    {
        GameValueFunction game = new(new SparseGame(
            features,
            SparseBasis.Fourier,
            [new(FeatureSet.Empty, 0.3), new(new FeatureSet(0), 1.25), new(new FeatureSet(1, 3), -2.5), new(new FeatureSet(2, 4, 5), 0.7)]));
        ExplainerSettings settings = new() { Budget = budget, Validate = features > 6 ? 100 : 0 };
        using CpuDevice processor = new();
        Explanation expected = Explain(processor, game, settings), actual = Explain(_device, game, settings);
        Assert.Equal(_device.Name, actual.Run.Device);
        Assert.Equal(expected.Run.Ablations, actual.Run.Ablations);
        Assert.Equal(expected.Faithfulness.R2, actual.Faithfulness.R2, 1e-6);
        Same(expected.Spectrum, actual.Spectrum);
    }

    [Fact]
    public void An_outside_program_gives_its_values_to_the_device()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh.");
        const string First = "while read m; do case $m in 11*) echo 3;; 1*) echo 1;; *) echo 0;; esac; done";
        using CommandValueFunction program = new(4, "/bin/sh", ["-c", First], "first");
        Spectrum spectrum = Explain(_device, program, new ExplainerSettings()).Spectrum;
        Assert.Equal([new FeatureSet(), new(0), new(1), new(0, 1)], spectrum.Terms.Select(term => term.Set));
        Assert.Equal(1, spectrum[new FeatureSet()], 1e-6);
    }

    [Fact]
    public void A_value_that_is_never_written_is_seen()
    {
        Nothing nothing = new();
        SpexException error = Assert.Throws<SpexException>(() => Explain(_device, nothing, new ExplainerSettings()));
        Assert.Contains("NaN", error.Message);
    }

    [Fact]
    public void Running_out_of_memory_is_told_apart()
    {
        Assert.Throws<DeviceMemoryException>(() => _device.Allocate<long>(1L << 48));
        Assert.Equal(0, _device.LiveBuffers);
    }

    private static Explanation Explain(Device device, IValueFunction function, ExplainerSettings settings) =>
        new Explainer(device).Explain(function, settings, cancel: TestContext.Current.CancellationToken);

    // Across devices: equal support above 1e-4 of the largest coefficient, and differences of at most 1e-5 of it.
    private static void Same(Spectrum expected, Spectrum actual)
    {
        double largest = expected.Terms.Max(term => Math.Abs(term.Coefficient));
        FeatureSet[] Support(Spectrum spectrum) => [.. spectrum.Terms.Where(term => Math.Abs(term.Coefficient) > 1e-4 * largest).Select(term => term.Set).Order()];
        Assert.Equal(Support(expected), Support(actual));
        foreach (FeatureSet set in expected.Terms.Concat(actual.Terms).Select(term => term.Set).Distinct())
        {
            Assert.Equal(expected[set], actual[set], 1e-5 * largest);
        }
    }

    private sealed class Nothing : IValueFunction
    {
        public int FeatureCount => 3;

        public string Fingerprint => "nothing";

        public int PreferredBatchSize => 8;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
        }
    }
}
