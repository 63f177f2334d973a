using System.Numerics;
using CsCheck;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Spectra;

public class DenseTransformTests
{
    private static readonly Gen<double[]> Table = Gen.Int[0, 7].SelectMany(n => Gen.Double[-1, 1].Array[1 << n]);

    [Fact]
    public void Transforms_agree_with_their_definitions() => Table.Sample(
        values =>
        {
            double[] fourier = DenseTransform.ToFourier(values), moebius = DenseTransform.ToMoebius(values);
            for (int set = 0; set < values.Length; set++)
            {
                double f = 0, a = 0;
                for (int mask = 0; mask < values.Length; mask++)
                {
                    f += Sign(set & mask) * values[mask] / values.Length;
                    a += (mask & ~set) == 0 ? Sign(set ^ mask) * values[mask] : 0;
                }

                Assert.Equal(f, fourier[set], 1e-12);
                Assert.Equal(a, moebius[set], 1e-12);
            }

            Assert.All(values.Zip(DenseTransform.FromFourier(fourier)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.All(values.Zip(DenseTransform.FromMoebius(moebius)), pair => Assert.Equal(pair.First, pair.Second, 1e-11));
        },
        iter: 100);

    [Fact]
    public void Twenty_features_are_the_limit()
    {
        Assert.Equal(20, DenseTransform.FeatureCountOf(1 << 20));
        Assert.Contains("0 to 20", Assert.Throws<SpexInputException>(() => DenseTransform.FeatureCountOf(1 << 21)).Message);
        Assert.Throws<SpexInputException>(() => DenseTransform.FeatureCountOf(0));
        Assert.Throws<SpexInputException>(() => DenseTransform.FeatureCountOf(12));
    }

    private static int Sign(int bits) => (BitOperations.PopCount((uint)bits) & 1) == 0 ? 1 : -1;
}
