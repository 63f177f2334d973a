using CsCheck;
using Spex.Core.Transforms;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class HadamardTests : DeviceTests
{
    /// <summary>The longest row that the device transforms quickly enough for a test.</summary>
    protected virtual int LargestLog => 12;

    [Fact]
    public void Every_length_has_the_bits_of_the_reference()
    {
        for (int log = 0; log <= LargestLog; log++)
        {
            Compare(log, rowCount: log <= 8 ? 5 : 1, scale: 1, seed: log);
            Compare(log, rowCount: 1, scale: 0.3f, seed: log + 100);
        }
    }

    [Fact]
    public void Batches_of_rows_have_the_bits_of_the_reference() =>
        Gen.Select(Gen.Int[0, Math.Min(LargestLog, 9)], Gen.Int[0, 20], Gen.Int[0, 1000]).Sample(
            (log, rows, seed) => Compare(log, rows, 1f / (1 << log), seed), iter: 30, threads: 1);

    [Fact]
    public void Rows_beyond_the_count_are_left_alone()
    {
        using DeviceBuffer<float> rows = Upload(1f, 2f, 3f, 4f);
        Device.Hadamard.Transform(rows, 1, 1, 1);
        Assert.Equal([3f, -1f, 3f, 4f], Download(rows));
    }

    [Fact]
    public void A_buffer_that_is_too_short_is_refused()
    {
        using DeviceBuffer<float> rows = Device.Allocate<float>(15);
        Assert.Throws<ArgumentException>(() => Device.Hadamard.Transform(rows, 2, 3, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.Hadamard.Transform(rows, 1, 31, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.Hadamard.Transform(rows, -1, 1, 1));
    }

    private void Compare(int log, int rowCount, float scale, int seed)
    {
        System.Random random = new(seed);
        float[] expected = [.. Enumerable.Range(0, rowCount << log).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        using DeviceBuffer<float> rows = Upload<float>(expected);
        Device.Hadamard.Transform(rows, rowCount, log, scale);
        for (int row = 0; row < rowCount; row++)
        {
            WalshHadamard.Transform(expected.AsSpan(row << log, 1 << log), scale);
        }

        Assert.Equal(expected, Download(rows));
    }
}
