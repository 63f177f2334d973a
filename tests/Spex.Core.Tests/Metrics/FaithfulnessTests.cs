using CsCheck;
using Spex.Core.Metrics;
using Spex.Core.Random;

namespace Spex.Core.Tests.Metrics;

public class FaithfulnessTests
{
    [Fact]
    public void Is_the_formula() =>
        Gen.Select(Gen.Double[-5, 5], Gen.Double[-5, 5]).Array[2, 3000].Sample(
            pairs =>
            {
                double[] values = [.. pairs.Select(pair => pair.Item1)], predictions = [.. pairs.Select(pair => pair.Item2)];
                double mean = values.Average();
                double residual = pairs.Sum(pair => (pair.Item1 - pair.Item2) * (pair.Item1 - pair.Item2)), total = values.Sum(value => (value - mean) * (value - mean));
                Faithfulness faithfulness = Faithfulness.Of(values, predictions, FaithfulnessMeasure.Validated, 1);
                Assert.Equal(1 - (residual / total), faithfulness.R2, 1e-9 * Math.Max(1, residual / total));
                Assert.True(faithfulness.Lower <= faithfulness.Upper);
                Assert.Equal(pairs.Length, faithfulness.SampleCount);
            },
            iter: 30);

    [Fact]
    public void Perfect_predictions_give_one_and_the_mean_gives_zero()
    {
        double[] values = [1, 2, 3, 6];
        Assert.Equal(new Faithfulness(1, 1, 1, FaithfulnessMeasure.Validated, 4), Faithfulness.Of(values, values, FaithfulnessMeasure.Validated, 0));
        Assert.Equal(0, Faithfulness.Of(values, [3, 3, 3, 3], FaithfulnessMeasure.Validated, 0).R2);
        Assert.True(Faithfulness.Of(values, [6, 3, 2, 1], FaithfulnessMeasure.Validated, 0).R2 < 0);
        Assert.Equal(new Faithfulness(1, 1, 1, FaithfulnessMeasure.Exact, 256), Faithfulness.Exact(256));
    }

    [Theory]
    [InlineData(0.7, 0.7, 1)]
    [InlineData(0.7, 0.70000005, 1)]
    [InlineData(0.7, 0.8, 0)]
    [InlineData(0, 0, 1)]
    [InlineData(0, 0.1, 0)]
    [InlineData(1e6, 1e6 + 0.01, 1)]
    public void A_constant_function_is_predicted_right_or_not(double value, double prediction, double expected)
    {
        double[] values = [.. Enumerable.Repeat(value, 100)], predictions = [.. Enumerable.Repeat(prediction, 100)];
        Assert.Equal(new Faithfulness(expected, expected, expected, FaithfulnessMeasure.CrossValidated, 100), Faithfulness.Of(values, predictions, FaithfulnessMeasure.CrossValidated, 0));

        // The rounding of float32 is no variation.
        values[3] = (float)(value * (1 + 6e-8));
        Assert.Equal(expected, Faithfulness.Of(values, predictions, FaithfulnessMeasure.CrossValidated, 0).R2);
    }

    [Fact]
    public void Small_variation_on_a_large_mean_is_variation()
    {
        double[] values = [.. Enumerable.Range(0, 100).Select(i => 100 + (0.01 * (i % 2)))];
        Assert.Equal(0, Faithfulness.Of(values, [.. Enumerable.Repeat(100.005, 100)], FaithfulnessMeasure.Validated, 0).R2, 1e-9);
    }

    [Fact]
    public void Blocks_give_what_their_samples_give()
    {
        (double[] values, double[] predictions) = Pairs(seed: 3, count: 4000, noise: 0.5);
        double mean = values.Average();
        double[] residual = [.. values.Zip(predictions, (y, p) => (y - p) * (y - p))], total = [.. values.Select(y => (y - mean) * (y - mean))];
        Faithfulness direct = Faithfulness.Of(values, predictions, FaithfulnessMeasure.CrossValidated, 7);
        Faithfulness blocks = Faithfulness.OfErrors(residual, total, 4000, FaithfulnessMeasure.CrossValidated, 7);
        Assert.Equal(direct.R2, blocks.R2, 1e-12);
        Assert.Equal(direct.Lower, blocks.Lower, 1e-3);
        Assert.Equal(direct.Upper, blocks.Upper, 1e-3);
        Assert.Equal(4000, blocks.SampleCount);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(1000)]
    [InlineData(5000)]
    public void Ninety_five_of_a_hundred_intervals_hold_the_true_value(int count)
    {
        // y = x + e, ŷ = x with Var(x) = 1, Var(e) = 0.25: R² = 1 − 0.25/1.25 = 0.8.
        const int Runs = 100;
        int held = 0;
        double width = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            (double[] values, double[] predictions) = Pairs(run, count, noise: 0.5);
            Faithfulness faithfulness = Faithfulness.Of(values, predictions, FaithfulnessMeasure.Validated, run);
            held += faithfulness.Lower <= 0.8 && 0.8 <= faithfulness.Upper ? 1 : 0;
            width += (faithfulness.Upper - faithfulness.Lower) / Runs;
        }

        // Percentile intervals of small samples hold the truth somewhat less than 95 % of the time: 4.5 standard deviations of 100 runs below 93 %.
        Assert.InRange(held, 82, 100);

        // The delta method: A = Σ e², B = Σ y² have relative variances 2/N each and Cov(e², y²) = 2·0.25², so relative covariance 2·0.2/N; within a quarter.
        double relative = Math.Sqrt((2.0 + 2.0 - (2 * 2 * 0.2)) / count);
        Assert.InRange(width, 0.75 * 2 * 1.96 * 0.2 * relative, 1.25 * 2 * 1.96 * 0.2 * relative);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_and_another_seed_another_interval()
    {
        (double[] values, double[] predictions) = Pairs(seed: 1, count: 3000, noise: 1);
        Faithfulness first = Faithfulness.Of(values, predictions, FaithfulnessMeasure.Validated, 5);
        Assert.Equal(first, Faithfulness.Of(values, predictions, FaithfulnessMeasure.Validated, 5));
        Faithfulness other = Faithfulness.Of(values, predictions, FaithfulnessMeasure.Validated, 6);
        Assert.Equal(first.R2, other.R2);
        Assert.NotEqual(first.Lower, other.Lower);
    }

    [Theory]
    [InlineData(0.9, FaithfulnessQuality.Good)]
    [InlineData(0.8999, FaithfulnessQuality.Fair)]
    [InlineData(0.7, FaithfulnessQuality.Fair)]
    [InlineData(0.6999, FaithfulnessQuality.Poor)]
    [InlineData(-3, FaithfulnessQuality.Poor)]
    public void A_word_says_what_it_means(double r2, FaithfulnessQuality quality) =>
        Assert.Equal(quality, new Faithfulness(r2, r2, r2, FaithfulnessMeasure.Validated, 10).Quality);

    [Fact]
    public void It_says_how_it_was_measured()
    {
        Assert.Equal("R² 1.000, exact on all 4,096 masks", Faithfulness.Exact(4096).ToString());
        Assert.Equal(
            "R² 0.931 (95 % interval 0.912 to 0.947), good; cross-validated on 2,000 masks",
            new Faithfulness(0.9312, 0.912, 0.947, FaithfulnessMeasure.CrossValidated, 2000).ToString());
        Assert.Equal(
            "R² 0.500 (95 % interval 0.400 to 0.600), poor; validated on 64 unseen masks",
            new Faithfulness(0.5, 0.4, 0.6, FaithfulnessMeasure.Validated, 64).ToString());
    }

    [Fact]
    public void Numbers_that_do_not_pair_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Faithfulness.Of([1, 2], [1], FaithfulnessMeasure.Validated, 0));
        Assert.Throws<ArgumentException>(() => Faithfulness.Of([], [], FaithfulnessMeasure.Validated, 0));
        Assert.Throws<ArgumentException>(() => Faithfulness.OfErrors([1], [1, 2], 3, FaithfulnessMeasure.Validated, 0));
    }

    private static (double[] Values, double[] Predictions) Pairs(ulong seed, int count, double noise)
    {
        double[] predictions = [.. Enumerable.Range(0, count).Select(i => Philox.Gaussian(seed, 100, (ulong)i))];
        double[] values = [.. predictions.Select((x, i) => x + (noise * Philox.Gaussian(seed, 101, (ulong)i)))];
        return (values, predictions);
    }
}
