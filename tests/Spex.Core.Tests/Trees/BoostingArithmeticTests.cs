using System.Numerics;
using Spex.Core.Trees;

namespace Spex.Core.Tests.Trees;

public sealed class BoostingArithmeticTests
{
    // As many as a batch of runs may have.
    private const int MostSamples = 1 << 21;

    [Fact]
    public void Six_digits_hold_every_gradient_that_is_not_quantized()
    {
        int largest = 0;
        for (int digit = 0; digit < BoostingArithmetic.FineDigits; digit++)
        {
            Assert.InRange(largest, 0, BoostingArithmetic.FineLimit - 1);
            largest = (largest * BoostingArithmetic.DigitBase) + BoostingArithmetic.DigitLimit;
        }

        Assert.InRange(largest, BoostingArithmetic.FineLimit, int.MaxValue);
    }

    [Theory]
    [InlineData(1, -1)]
    [InlineData(-1, 1)]
    [InlineData(1, 1)]
    [InlineData(-1, -1)]
    public void Scores_of_the_most_samples_and_the_largest_gradients_do_not_overflow(int presentSign, int absentSign)
    {
        const int Present = MostSamples / 2;
        long presentSum = (long)presentSign * Present * BoostingArithmetic.FineLimit, sum = presentSum + ((long)absentSign * Present * BoostingArithmetic.FineLimit);
        BigInteger difference = (BigInteger.Multiply(MostSamples, presentSum)) - (Present * (BigInteger)sum);
        double expected = (double)difference * (double)difference / ((double)Present * Present);
        Assert.Equal(expected, BoostingArithmetic.Score(MostSamples, sum, Present, presentSum));
    }

    [Theory]
    [InlineData(1 << 28, 1000, true, 24)]
    [InlineData(1 << 28, 1000, false, 7)]
    [InlineData(BoostingArithmetic.FineLimit, 1000, false, 0)]
    [InlineData(BoostingArithmetic.FineLimit + 1, 1000, false, 1)]
    public void One_far_residual_cuts_quantized_gradients_only(int largest, int others, bool quantized, int expected)
    {
        UInt128 squares = BoostingArithmetic.SquaredError(largest) + ((UInt128)1000 * BoostingArithmetic.SquaredError(others));
        Assert.Equal(expected, BoostingArithmetic.Shift(largest, squares, 1001, quantized));
    }
}
