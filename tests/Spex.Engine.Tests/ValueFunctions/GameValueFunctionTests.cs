using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.ValueFunctions;

public class GameValueFunctionTests
{
    private static readonly SparseGame Game = new(
        100,
        SparseBasis.Fourier,
        [new(FeatureSet.Empty, 0.1), new(new FeatureSet(3, 99), 0.7), new(new FeatureSet(64), -0.3)],
        0.01,
        seed: 4);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 2)]
    [InlineData(1000, 1)]
    [InlineData(1000, 2)]
    public void Values_are_the_games_for_every_batch_size_and_thread_count(int batch, int threads)
    {
        MaskMatrix masks = new UniformDesign(100, 1, 1, 1000).ToMatrix(0, 1000);
        float[] expected = [.. Game.Evaluate(masks).Select(value => (float)value)];
        using CpuDevice device = new(threads);
        GameValueFunction function = new(Game);
        List<float> values = [];
        for (int start = 0; start < 1000; start += batch)
        {
            int count = Math.Min(batch, 1000 - start);
            using DeviceBuffer<ulong> packed = device.Allocate<ulong>(count * 2);
            using DeviceBuffer<float> buffer = device.Allocate<float>(count);
            packed.CopyFrom(masks.Words.AsSpan(start * 2, count * 2));
            function.Evaluate(new MaskBatch(packed, count, 100, start), buffer, TestContext.Current.CancellationToken);
            values.AddRange(buffer.Span);
        }

        Assert.Equal(expected, values);
    }

    [Fact]
    public void The_fingerprint_is_the_games_content()
    {
        Assert.Equal(new GameValueFunction(Game).Fingerprint, new GameValueFunction(Game).Fingerprint);
        Assert.NotEqual(new GameValueFunction(Game).Fingerprint, new GameValueFunction(Game.Noiseless).Fingerprint);
    }

    [Fact]
    public void A_cancelled_token_ends_the_evaluation()
    {
        using CpuDevice device = new(1);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(2);
        using DeviceBuffer<float> values = device.Allocate<float>(1);
        packed.CopyFrom([0UL, 0UL]);
        Assert.Throws<OperationCanceledException>(
            () => new GameValueFunction(Game).Evaluate(new MaskBatch(packed, 1, 100, 0), values, new CancellationToken(true)));
    }

    [Fact]
    public void Masks_of_another_feature_count_are_refused()
    {
        using CpuDevice device = new(1);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(1);
        using DeviceBuffer<float> values = device.Allocate<float>(1);
        Assert.Throws<ArgumentException>(() => new GameValueFunction(Game).Evaluate(new MaskBatch(packed, 1, 10, 0), values, TestContext.Current.CancellationToken));
    }
}
