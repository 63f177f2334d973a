using Spex.Core.Spectra;
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

    private static Spectrum Of(double largest, double other) => new(4, [new(new FeatureSet(0), largest), new(new FeatureSet(1, 2), other)]);
}
