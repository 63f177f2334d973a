using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.GpuCheck.Explanations;

namespace Spex.GpuCheck.Tests.Explanations;

public class ExplanationCheckTests
{
    [Theory]
    [InlineData(2.0, 0.5, true)]
    [InlineData(2.00001, 0.5, true)]
    [InlineData(2.00003, 0.5, false)]
    [InlineData(2.0, 0.0, false)]
    public void Spectra_agree_to_a_share_of_the_largest_coefficient(double largest, double other, bool same)
    {
        Spectrum expected = Of(2, 0.5), actual = Of(largest, other);
        Assert.Equal(same, ExplanationCheck.Difference(expected, actual) is null);
    }

    [Fact]
    public void A_term_in_one_support_only_is_told()
    {
        // 10⁻⁴ of the largest lies between the two, and they differ by less than 10⁻⁵ of it.
        string? difference = ExplanationCheck.Difference(Of(2, 1.99e-4), Of(2, 2.01e-4));
        Assert.Contains("in one support only", difference);
    }

    [Fact]
    public void Other_masks_values_and_spectra_are_told_from_the_same_bits()
    {
        Explanation one = Explain(0.25, 1);
        Assert.Null(ExplanationCheck.OtherBits(one, Explain(0.25, 1)));
        Assert.Contains("other masks", ExplanationCheck.OtherBits(one, Explain(0.25, 2)));
        Assert.Contains("other values", ExplanationCheck.OtherBits(one, Explain(0.25000003, 1)));
        Assert.Contains("the spectrum is another", ExplanationCheck.OtherBits(one, one with { Spectrum = Explain(0.5, 1).Spectrum }));
    }

    /// <summary>A device that gives other bits, and one that is given nothing to do, fail the check.</summary>
    [Theory]
    [InlineData(64, 0, null)]
    [InlineData(64, 1e-6f, "other values")]
    [InlineData(4096, 0, "gave no value")]
    public void What_several_devices_do_wrong_is_found(int partSize, float error, string? expected)
    {
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2);
        Inexact function = new(partSize, second, error);
        string? found = ExplanationCheck.Together(first, second, function, new() { Method = "lime", Budget = 300, Seed = 1 });
        if (expected is null)
        {
            Assert.Null(found);
        }
        else
        {
            Assert.Contains(expected, found);
        }
    }

    private static Explanation Explain(double coefficient, ulong seed)
    {
        using CpuDevice device = new(1);
        return new Explainer(device).Explain(new GameValueFunction(GameOf(coefficient)), new() { Method = "lime", Budget = 100, Seed = seed });
    }

    private static SparseGame GameOf(double coefficient) => new(20, SparseBasis.Fourier, [new(new FeatureSet(0), 1), new(new FeatureSet(3, 4), coefficient)], 0, 1);

    /// <summary>A game whose values have an error on one device.</summary>
    private sealed class Inexact(int partSize, Device where, float error) : IReplicableValueFunction
    {
        private readonly GameValueFunction _function = new(GameOf(0.5));

        public int FeatureCount => _function.FeatureCount;

        public string Fingerprint => _function.Fingerprint;

        public int PreferredBatchSize => partSize;

        public IValueFunction ReplicateFor(Device device) => this;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
            _function.Evaluate(masks, values, cancel);
            if (ReferenceEquals(masks.Device, where) && error != 0)
            {
                float[] host = new float[masks.Count];
                values.CopyTo(host);
                values.CopyFrom(Array.ConvertAll(host, value => value + error));
            }
        }
    }

    private static Spectrum Of(double largest, double other) => new(4, [new(new FeatureSet(0), largest), new(new FeatureSet(1, 2), other)]);
}
