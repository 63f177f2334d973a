using CsCheck;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.SignMatrices;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Devices.Cpu;

public sealed class RoundedProductsTests
{
    [Fact]
    public void Exact_products_are_within_the_bounds_and_the_bounds_are_small() =>
        Gen.Select(Gen.Int[1, 700], Gen.Int[1, 150], Gen.Int[1, 3], Gen.Int[-20, 20], Gen.ULong).Sample(
            (samples, count, rightSides, exponent, seed) =>
            {
                using CpuDevice device = new(2);
                int words = MaskMatrix.WordsFor(samples);
                ulong[] columns = new ulong[count * words];
                for (int at = 0; at < columns.Length; at++)
                {
                    columns[at] = Philox.Bits(seed, 1, (ulong)at) & SignMatrix.Within(at % words, 0, samples);
                }

                double[] values = [.. Enumerable.Range(0, rightSides * samples).Select(i => Philox.Gaussian(seed, 2, (ulong)i) * Math.Pow(10, exponent))];
                using DeviceBuffer<ulong> bits = device.Allocate<ulong>(columns.Length);
                using DeviceBuffer<double> buffer = device.Allocate<double>(values.Length);
                bits.CopyFrom(columns);
                buffer.CopyFrom(values);
                double[] sums = new double[rightSides * count], bounds = new double[rightSides];
                RoundedProducts.Compute(device, bits, count, samples, buffer, rightSides, sums, bounds);
                for (int k = 0; k < rightSides; k++)
                {
                    double[] own = values[(k * samples)..((k + 1) * samples)];
                    Assert.True(bounds[k] <= own.Max(Math.Abs) * samples / 2000);
                    for (int j = 0; j < count; j++)
                    {
                        double exact = SignMatrix.Project(columns.AsSpan(j * words, words), own, 0, samples);
                        Assert.True(Math.Abs(exact - sums[(k * count) + j]) <= bounds[k]);
                    }
                }
            },
            iter: 40);

    [Fact]
    public void More_samples_than_fit_the_integers_give_exact_products()
    {
        const int Samples = (1 << 20) + 100, Count = 3;
        using CpuDevice device = new(2);
        int words = MaskMatrix.WordsFor(Samples);
        ulong[] columns = new ulong[Count * words];
        for (int at = 0; at < columns.Length; at++)
        {
            columns[at] = Philox.Bits(5, 1, (ulong)at) & SignMatrix.Within(at % words, 0, Samples);
        }

        double[] values = [.. Enumerable.Range(0, Samples).Select(i => Philox.Uniform(5, 2, (ulong)i))];
        using DeviceBuffer<ulong> bits = device.Allocate<ulong>(columns.Length);
        using DeviceBuffer<double> buffer = device.Allocate<double>(values.Length);
        bits.CopyFrom(columns);
        buffer.CopyFrom(values);

        // Room for more than there are: what is beyond stays as it was.
        double[] sums = new double[Count + 2], bounds = [1, 1];
        RoundedProducts.Compute(device, bits, Count, Samples, buffer, 1, sums, bounds);
        Assert.Equal([.. Enumerable.Range(0, Count).Select(j => SignMatrix.Project(columns.AsSpan(j * words, words), values, 0, Samples)), 0, 0], sums);
        Assert.Equal([0, 1], bounds);
    }
}
