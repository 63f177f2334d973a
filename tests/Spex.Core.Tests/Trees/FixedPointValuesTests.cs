using CsCheck;
using Spex.Core.Trees;

namespace Spex.Core.Tests.Trees;

public class FixedPointValuesTests
{
    [Fact]
    public void Values_are_kept_to_28_bits_of_their_range_whatever_their_scale() =>
        Gen.Select(Gen.Int[-120, 120], Gen.Double[-1, 1].Array[2, 40]).Sample(
            (exponent, numbers) =>
            {
                float[] values = [.. numbers.Select(number => (float)Math.ScaleB(number, exponent))];
                FixedPointValues fixedPoint = new(values);
                double range = (double)values.Max() - values.Min();
                for (int s = 0; s < values.Length; s++)
                {
                    Assert.Equal(values[s], fixedPoint.ToValue(fixedPoint.Fixed[s]), range * Math.ScaleB(1, -27));
                    Assert.InRange(fixedPoint.Fixed[s], -(1 << FixedPointValues.Bits), 1 << FixedPointValues.Bits);
                }
            });

    [Theory]
    [InlineData(1e30f)]
    [InlineData(-3f)]
    [InlineData(0f)]
    public void Equal_values_are_exact(float value) => Assert.Equal(value, new FixedPointValues([value, value]).ToValue(0));

    [Fact]
    public void Values_that_are_not_finite_are_refused_by_their_sample() =>
        Assert.Contains("sample 1", Assert.Throws<SpexInputException>(() => new FixedPointValues([0, float.NaN])).Message);
}
