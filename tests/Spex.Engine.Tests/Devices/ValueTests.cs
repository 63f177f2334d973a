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
    public void Values_are_standardised_in_double_precision() =>
        Gen.Select(Gen.Float[-1000, 1000].Array[1, 200], Gen.Double[-1e6, 1e6], Gen.Int[-20, 20], Gen.Int[0, 300]).Sample(
            (values, mean, log, count) =>
            {
                double scale = Math.ScaleB(1, log);
                int[] order = [.. Enumerable.Range(0, count).Select(i => i * 5 % values.Length)];
                using DeviceBuffer<float> given = Upload<float>(values), inOrder = Poisoned<float>(count), own = Poisoned<float>(values.Length);
                using DeviceBuffer<int> indices = Upload<int>(order);
                using DeviceBuffer<double> wide = Poisoned<double>(values.Length);
                Device.Values.Standardise(given, indices, count, mean, scale, inOrder);
                Device.Values.Standardise(given, null, values.Length, mean, scale, own);
                Device.Values.Widen(given, values.Length, wide);
                Assert.Equal(order.Select(i => (float)((values[i] - mean) / scale)), Download(inOrder));
                Assert.Equal(values.Select(value => (float)((value - mean) / scale)), Download(own));
                Assert.Equal(values.Select(value => (double)value), Download(wide));
            },
            iter: 20,
            threads: 1);
}
