using Spex.Core.Interactions;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Interactions;

public class InteractionConverterTests
{
    [Fact]
    public void Large_sets_cost_only_their_subsets_up_to_the_order()
    {
        // 2^50 subsets in all, 20,876 of up to three features.
        Spectrum spectrum = new(60_000, [new(new FeatureSet([.. Enumerable.Range(0, 50).Select(i => 1000 * i)]), 1)]);
        Assert.Equal(20_876, InteractionConverter.Convert(spectrum, InteractionIndex.Moebius, 3).Interactions.Count);

        // The truncated spectrum is empty.
        Interaction only = Assert.Single(InteractionConverter.Convert(spectrum, InteractionIndex.Fbii, 5).Interactions);
        Assert.Equal(new Interaction(FeatureSet.Empty, 0), only);
    }

    [Fact]
    public void Too_many_sets_are_refused_in_words()
    {
        Spectrum spectrum = new(400, [new(new FeatureSet([.. Enumerable.Range(0, 300)]), 1)]);
        SpexInputException refusal = Assert.Throws<SpexInputException>(() => InteractionConverter.Convert(spectrum, InteractionIndex.Stii, 5));
        Assert.Contains("300 features", refusal.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void An_order_below_one_is_refused(int order) =>
        Assert.Contains("1 or more", Assert.Throws<SpexInputException>(() => InteractionConverter.Convert(new Spectrum(3, []), InteractionIndex.Sii, order)).Message);

    [Fact]
    public void Shapley_and_Banzhaf_values_have_order_one_whatever_is_asked_for()
    {
        Spectrum spectrum = new(3, [new(new FeatureSet(0, 1, 2), 1)]);
        Assert.Equal(1, InteractionConverter.Convert(spectrum, InteractionIndex.Sv, 5).Order);
        Assert.Equal(1, InteractionConverter.FromTable(new double[8], InteractionIndex.Bv, 2).Order);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Tiny_tables_work(int featureCount)
    {
        double[] values = [.. Enumerable.Range(1, 1 << featureCount).Select(i => (double)i)];
        foreach (InteractionIndex index in Enum.GetValues<InteractionIndex>())
        {
            InteractionValues result = InteractionConverter.FromTable(values, index, 3);
            Assert.Equal(featureCount, result.FeatureCount);
            Assert.True(double.IsFinite(result.Baseline));
        }
    }

    [Fact]
    public void Twenty_features_fit_and_sums_do_not_depend_on_threads()
    {
        double[] values = [.. Enumerable.Range(0, 1 << 20).Select(mask => Math.Sin(mask * 0.37) + (int.PopCount(mask) > 10 ? 1 : 0))];
        InteractionValues first = InteractionConverter.FromTable(values, InteractionIndex.Sv, 1);
        Assert.Equal(values[^1], first.Interactions.Sum(interaction => interaction.Strength), 1e-9);
        Assert.Equal(first.Interactions, InteractionConverter.FromTable(values, InteractionIndex.Sv, 1).Interactions);
    }

    [Fact]
    public void The_strongest_come_first()
    {
        InteractionValues values = new(InteractionIndex.Fbii, 2, 5, [new(new FeatureSet(3), -2), new(new FeatureSet(1), 1), new(new FeatureSet(0, 4), 2), new(FeatureSet.Empty, 9)]);
        Assert.Equal([new FeatureSet(3), new FeatureSet(0, 4)], values.Strongest(2).Select(interaction => interaction.Set));
        Assert.Equal([new FeatureSet(0, 4)], values.Strongest(10, minOrder: 2).Select(interaction => interaction.Set));
        Assert.Equal(9, values.Baseline);
    }

    [Fact]
    public void Wrong_interactions_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new InteractionValues(InteractionIndex.Sii, 1, 5, [new(new FeatureSet(0, 1), 1)]));
        Assert.Throws<ArgumentException>(() => new InteractionValues(InteractionIndex.Sii, 2, 5, [new(new FeatureSet(5), 1)]));
        Assert.Throws<ArgumentException>(() => new InteractionValues(InteractionIndex.Sii, 2, 5, [new(new FeatureSet(1), 1), new(new FeatureSet(1), 2)]));
        Assert.Throws<ArgumentException>(() => new InteractionValues(InteractionIndex.Sii, 2, 5, [new(new FeatureSet(1), double.NaN)]));
    }
}
