using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Trees;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;

namespace Spex.Engine.Tests.Decoding;

public sealed class ProxySearchTests
{
    private static readonly ProxySearchSettings Quick = new() { Configurations = [new(2, 0.3), new(4, 0.3)], MaxTrees = 60, Patience = 20, RoundTrees = 7 };

    [Fact]
    public void Out_of_fold_predictions_are_those_of_the_trees_that_did_not_see_the_sample()
    {
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] values) = Sample(500, 20);
        ProxySearchResult result = Search(cpu, masks, values, Quick);
        Assert.Equal([0, 100, 200, 300, 400, 500], result.Boundaries);
        double error = 0;
        for (int fold = 0; fold < 5; fold++)
        {
            double[] predictions = result.FoldTrees[fold].Evaluate(masks);
            for (int s = result.Boundaries[fold]; s < result.Boundaries[fold + 1]; s++)
            {
                Assert.Equal(predictions[s], result.OutOfFold[s], 1e-6);
                error += (values[s] - result.OutOfFold[s]) * (values[s] - result.OutOfFold[s]);
            }
        }

        Assert.Equal(error, result.SquaredError, 1e-4 * error);
        Assert.Equal(result.Tried.Min(tried => tried.SquaredError), result.SquaredError);
        Assert.Equal(result.TreeCount, result.Trees.Trees.Count);
    }

    [Fact]
    public void The_winner_is_the_best_of_all_configurations_and_tree_counts()
    {
        // Every configuration is grown by itself and judged by its trees' own predictions.
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] values) = Sample(300, 12);
        ProxySearchSettings settings = Quick with { Patience = null, MaxTrees = 30 };
        ProxySearchResult result = Search(cpu, masks, values, settings);
        double best = double.PositiveInfinity;
        (BoostingSettings? Settings, int Trees) winner = default;
        foreach (BoostingSettings configuration in settings.Configurations)
        {
            ReferenceBoosting[] folds = [.. Enumerable.Range(0, 5).Select(fold => new ReferenceBoosting(masks, values, [.. Enumerable.Range(0, 300).Select(s => s / 60 == fold)], configuration))];
            for (int t = 0; t <= 30; t++)
            {
                double error = 0;
                for (int fold = 0; fold < 5; fold++)
                {
                    double[] predictions = folds[fold].Predictions;
                    for (int s = 60 * fold; s < 60 * (fold + 1); s++)
                    {
                        error += (values[s] - predictions[s]) * (values[s] - predictions[s]);
                    }

                    folds[fold].Grow();
                }

                if (error < best * (1 - 1e-9))
                {
                    (best, winner) = (error, (configuration, t));
                }
            }
        }

        Assert.Equal(winner.Settings, result.Settings);
        Assert.Equal(winner.Trees, result.TreeCount);
    }

    [Fact]
    public void Only_tree_counts_of_the_grid_can_win()
    {
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] values) = Sample(400, 20);
        ProxySearchResult result = Search(cpu, masks, values, Quick with { TreeCounts = [20, 50], Patience = null });
        Assert.Contains(result.TreeCount, (int[])[20, 50]);
        Assert.All(result.Tried, tried => Assert.Contains(tried.BestTreeCount, (int[])[20, 50]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 25)]
    [InlineData(4, 60)]
    public void Any_number_of_threads_and_any_round_give_the_same_bits(int threads, int round)
    {
        using CpuDevice one = new(1), other = new(threads);
        (MaskMatrix masks, float[] values) = Sample(400, 70);
        ProxySearchSettings settings = Quick with { Patience = null };
        ProxySearchResult expected = Search(one, masks, values, settings), actual = Search(other, masks, values, settings with { RoundTrees = round });
        Assert.Equal(expected.OutOfFold, actual.OutOfFold);
        Assert.Equal(expected.TreeCount, actual.TreeCount);
        Assert.Equal(expected.Trees.Evaluate(masks), actual.Trees.Evaluate(masks));
    }

    [Fact]
    public void Another_device_gives_the_same_bits()
    {
        using CpuDevice cpu = new();
        using IlgpuDevice other = IlgpuDevice.OpenSimulator(2);
        (MaskMatrix masks, float[] values) = Sample(150, 12);
        ProxySearchSettings settings = Quick with { MaxTrees = 9, RoundTrees = 6 };
        ProxySearchResult expected = Search(cpu, masks, values, settings), actual = Search(other, masks, values, settings);
        Assert.Equal(expected.OutOfFold, actual.OutOfFold);
        Assert.Equal(expected.SquaredError, actual.SquaredError);
        Assert.Equal(expected.Trees.Evaluate(masks), actual.Trees.Evaluate(masks));
    }

    [Fact]
    public void A_configuration_that_no_longer_gains_is_given_up()
    {
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] values) = Sample(400, 20);
        ProxySearchResult result = Search(cpu, masks, values, Quick with { MaxTrees = 5000 });
        Assert.All(result.Tried, tried => Assert.InRange(tried.GrownTrees, tried.BestTreeCount, Math.Max(tried.BestTreeCount + 27, (1.5 * tried.BestTreeCount) + 11)));
    }

    [Theory]
    [InlineData(300, 5000)]
    [InlineData(300, 200_000)]
    public void The_default_search_serves_many_features(int samples, int features)
    {
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] values) = Sample(samples, features);
        ProxySearchResult result = Search(cpu, masks, values, ProxySearchSettings.For(samples) with { MaxTrees = 10 });
        double mean = values.Average(value => (double)value);
        Assert.InRange(result.SquaredError, 0, values.Sum(value => (value - mean) * (value - mean)));
    }

    [Fact]
    public void The_corner_cases_of_samples()
    {
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] values) = Sample(400, 20);
        ProxySearchResult equal = Search(cpu, masks, [.. values.Select(_ => 0.25f)], ProxySearchSettings.For(400));
        Assert.Equal(0, equal.TreeCount);
        Assert.Equal(0, equal.SquaredError);
        Assert.Equal(0.25, equal.Trees.Bias);

        (MaskMatrix two, float[] twoValues) = Sample(2, 20);
        ProxySearchResult pair = Search(cpu, two, twoValues, ProxySearchSettings.For(2));
        Assert.Equal([0, 1, 2], pair.Boundaries);
        Assert.Equal(twoValues[1], pair.OutOfFold[0], 1e-6);

        Assert.Contains("at least 2", Assert.Throws<SpexInputException>(() => ProxySearch.Boundaries(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_grid_of_the_paper_serves_equal_values_too()
    {
        using CpuDevice cpu = new();
        (MaskMatrix masks, float[] _) = Sample(100, 5);
        ProxySearchResult equal = Search(cpu, masks, new float[100], ProxySearchSettings.Paper);
        Assert.Equal(500, equal.TreeCount);
        Assert.Empty(equal.Trees.Trees);
    }

    private static ProxySearchResult Search(Device device, MaskMatrix masks, float[] values, ProxySearchSettings settings)
    {
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(masks.Words.Length);
        packed.CopyFrom(masks.Words);
        using DeviceBuffer<ulong> columns = device.Allocate<ulong>((long)masks.FeatureCount * MaskMatrix.WordsFor(masks.RowCount));
        device.Masks.Transpose(packed, masks.RowCount, masks.FeatureCount, columns);
        using DeviceBuffer<float> buffer = device.Allocate<float>(values.Length);
        buffer.CopyFrom(values);
        return ProxySearch.Run(device, columns, masks.RowCount, masks.FeatureCount, buffer, ProxySearch.Boundaries(masks.RowCount), settings, TestContext.Current.CancellationToken);
    }

    /// <summary>Uniform masks (of five features: all 32, again and again) and a function of products of a few features.</summary>
    private static (MaskMatrix Masks, float[] Values) Sample(int samples, int features)
    {
        int distinct = (int)Math.Min(samples, 1L << Math.Min(features, 30));
        MaskMatrix drawn = new UniformDesign(features, 3, 9, distinct).ToMatrix(0, distinct), masks = new(samples, features);
        float[] values = new float[samples];
        for (int s = 0; s < samples; s++)
        {
            drawn.Row(s % distinct).CopyTo(masks.Row(s));
            ulong m = masks.Row(s)[0];
            values[s] = (m & 1) + (2 * ((m >> 1) & (m >> 2) & 1)) - (((m >> 3) ^ (m >> 4)) & 1) + (((m * 0x9E3779B97F4A7C15) >> 60) / 40f);
        }

        return (masks, values);
    }
}
