using System.Numerics;
using Spex.Core.Transforms;

namespace Spex.Core.Tests.Transforms;

public class WalshHadamardTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7)]
    public void Is_the_sum_of_its_definition(int log)
    {
        int length = 1 << log;
        double[] x = [.. Enumerable.Range(0, length).Select(i => Math.Sin((7 * i) + 1))];
        double[] transformed = [.. x];
        WalshHadamard.Transform<double>(transformed, 0.5);
        for (int j = 0; j < length; j++)
        {
            double sum = 0;
            for (int l = 0; l < length; l++)
            {
                sum += (BitOperations.PopCount((uint)(j & l)) & 1) == 0 ? x[l] : -x[l];
            }

            Assert.Equal(0.5 * sum, transformed[j], 1e-12);
        }
    }

    [Fact]
    public void Twice_with_one_over_the_length_is_the_identity()
    {
        double[] x = [3, -1, 4, 1, -5, 9, 2, -6];
        double[] twice = [.. x];
        WalshHadamard.Transform<double>(twice, 1);
        WalshHadamard.Transform<double>(twice, 1.0 / 8);
        Assert.Equal(x, twice);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void A_length_that_is_no_power_of_two_is_refused(int length) =>
        Assert.Throws<ArgumentException>(() => WalshHadamard.Transform<float>(new float[length], 1));
}
