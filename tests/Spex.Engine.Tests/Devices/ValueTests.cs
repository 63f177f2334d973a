using CsCheck;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class ValueTests : DeviceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    public void The_first_value_that_is_no_number_is_found(int count)
    {
        float[] values = [.. Enumerable.Range(0, count + 1).Select(i => i % 2 == 0 ? float.MaxValue : -float.Epsilon)];
        values[count] = float.NaN;
        using DeviceBuffer<float> buffer = Upload<float>(values);
        Assert.Equal(-1, Device.Values.FirstNotFinite(buffer, count));
        Assert.Equal(count, Device.Values.FirstNotFinite(buffer, count + 1));
        Assert.Throws<ArgumentException>(() => Device.Values.FirstNotFinite(buffer, count + 2));
        foreach (float bad in (float[])[float.PositiveInfinity, float.NegativeInfinity, -float.NaN])
        {
            values[count / 3] = bad;
            buffer.CopyFrom(values);
            Assert.Equal(count / 3, Device.Values.FirstNotFinite(buffer, count + 1));
        }
    }

    [Fact]
    public void The_values_of_each_function_are_standardised_in_double_precision() =>
        Gen.Select(Gen.Float[-1000, 1000].Array[1, 200], Gen.Double[-1e6, 1e6].Array[1, 3], Gen.Int[-20, 20], Gen.Int[0, 300]).Sample(
            (values, means, log, count) =>
            {
                int length = values.Length, functions = means.Length;
                int[] order = [.. Enumerable.Range(0, count).Select(i => i * 5 % length)];

                // Their values lie in another order than they do.
                ValueScale[] scales = [.. means.Select((mean, function) => new ValueScale((functions - 1 - function) * length, mean, Math.ScaleB(1, log + function)))];
                float[] all = [.. means.SelectMany((_, place) => values.Select(value => value * (place + 1)))];
                float Expected(ValueScale scale, int i) => (float)((all[scale.Start + i] - scale.Mean) / scale.Scale);
                using DeviceBuffer<float> given = Upload<float>(all), inOrder = Poisoned<float>(functions * count), own = Poisoned<float>(all.Length);
                using DeviceBuffer<int> indices = Upload<int>(order);
                using DeviceBuffer<double> wide = Poisoned<double>(all.Length);
                Device.Values.Standardise(given, indices, count, scales, inOrder);
                Device.Values.Standardise(given, null, length, scales, own);
                Device.Values.Widen(given, all.Length, wide);
                Assert.Equal(scales.SelectMany(scale => order.Select(i => Expected(scale, i))), Download(inOrder));
                Assert.Equal(scales.SelectMany(scale => Enumerable.Range(0, length).Select(i => Expected(scale, i))), Download(own));
                Assert.Equal(all.Select(value => (double)value), Download(wide));
                Assert.Throws<ArgumentException>(() => Device.Values.Standardise(given, null, length + 1, scales, own));
            },
            iter: 20,
            threads: 1);
}
