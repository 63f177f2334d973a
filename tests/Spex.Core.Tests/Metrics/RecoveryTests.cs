using CsCheck;
using Spex.Core.Metrics;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Metrics;

public class RecoveryTests
{
    [Fact]
    public void Removal_is_the_relative_change()
    {
        Assert.Equal(0.75, Removal.Rem(-4, -1));
        Assert.Equal(1.5, Removal.Rem(2, -1));
        Assert.Equal(0, Removal.Rem(2, 2));
        Assert.Null(Removal.Rem(0, 1));
    }

    [Fact]
    public void Recovery_is_the_mean_share_of_annotated_features()
    {
        FeatureSet annotated = new(1, 4);
        FeatureSet[] found = [new(1), new(1, 2), new(2, 3, 4), new(5)];
        Assert.Equal(1, Recovery.At(1, annotated, found));
        Assert.Equal(0.75, Recovery.At(2, annotated, found));
        Assert.Equal((1 + 0.5 + (1 / 3.0)) / 3, Recovery.At(3, annotated, found), 1e-15);

        // Missing interactions count 0.
        Assert.Equal((1 + 0.5 + (1 / 3.0)) / 10, Recovery.At(10, annotated, found), 1e-15);
        Assert.Equal(0, Recovery.At(5, annotated, []));
        Assert.Throws<ArgumentException>(() => Recovery.At(2, annotated, [FeatureSet.Empty]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Recovery.At(0, annotated, found));
    }

    [Fact]
    public void Recall_is_the_share_of_the_strongest()
    {
        FeatureSet[] truth = [new(0), new(1), new(2), new(3)];
        Assert.Equal(0.5, Recovery.RecallAt(2, [new(1), new(5), new(0)], truth));
        Assert.Equal(2 / 3.0, Recovery.RecallAt(3, [new(1), new(5), new(0)], truth));
        Assert.Equal(0.25, Recovery.RecallAt(10, [new(1), new(1)], truth));
        Assert.Equal(1, Recovery.RecallAt(3, [], []));
    }

    [Fact]
    public void Support_recovery_counts_sets_without_the_empty_one()
    {
        SupportRecovery recovery = SupportRecovery.Compare([FeatureSet.Empty, new(0), new(1, 2), new(3)], [FeatureSet.Empty, new(0), new(2, 1), new(4), new(5)]);
        Assert.Equal(new SupportRecovery(3, 4, 2), recovery);
        Assert.Equal(2 / 3.0, recovery.Precision);
        Assert.Equal(0.5, recovery.Recall);
        Assert.Equal(4 / 7.0, recovery.F1);
    }

    [Fact]
    public void Empty_supports_have_defined_rates()
    {
        SupportRecovery both = SupportRecovery.Compare([], [FeatureSet.Empty]);
        Assert.Equal((1, 1, 1), (both.Precision, both.Recall, both.F1));
        SupportRecovery nothingFound = SupportRecovery.Compare([], [new(1)]);
        Assert.Equal((0, 0, 0), (nothingFound.Precision, nothingFound.Recall, nothingFound.F1));
        SupportRecovery nothingTrue = SupportRecovery.Compare([new(1)], []);
        Assert.Equal((0, 1, 0), (nothingTrue.Precision, nothingTrue.Recall, nothingTrue.F1));
    }

    [Fact]
    public void Hierarchy_of_the_papers_example()
    {
        Hierarchy hierarchy = Hierarchy.Of([FeatureSet.Empty, new(1), new(2), new(1, 3)]);
        Assert.Equal(7 / 8.0, hierarchy.DirectSubsetRate);
        Assert.Equal(1, hierarchy.StaircaseRate);
        Assert.Equal(3 / 4.0, hierarchy.StrongRate);
    }

    [Fact]
    public void Hierarchy_of_gaps_and_of_full_families()
    {
        // {1,2,3} has a direct subset {1,2}, but no staircase leads there: neither {1} nor {2} is a term.
        Hierarchy gap = Hierarchy.Of([FeatureSet.Empty, new(1, 2), new(1, 2, 3)]);
        Assert.Equal((1 + 0 + (1 / 3.0)) / 3, gap.DirectSubsetRate, 1e-15);
        Assert.Equal(1 / 3.0, gap.StaircaseRate);
        Assert.Equal(1 / 3.0, gap.StrongRate);

        Hierarchy full = Hierarchy.Of([new(1), new(2), new(1, 2), FeatureSet.Empty]);
        Assert.Equal(new Hierarchy(1, 1, 1), full);
        Assert.Equal(new Hierarchy(0, 0, 0), Hierarchy.Of([new(1)]));
        Assert.Equal(new Hierarchy(1, 1, 1), Hierarchy.Of([]));
    }

    [Fact]
    public void Hierarchy_agrees_with_the_definitions() =>
        Gen.Int[0, 4].HashSet[0, 4].Array[1, 20].Sample(raw =>
        {
            FeatureSet[] sets = [.. raw.Select(set => new FeatureSet([.. set])).Distinct()];
            Hierarchy hierarchy = Hierarchy.Of(sets);
            Assert.Equal(sets.Count(set => Staircase(set, sets)) / (double)sets.Length, hierarchy.StaircaseRate, 1e-12);
            Assert.Equal(sets.Count(set => Subsets(set).All(sets.Contains)) / (double)sets.Length, hierarchy.StrongRate, 1e-12);
            Assert.True(hierarchy.StrongRate <= hierarchy.StaircaseRate && hierarchy.StrongRate <= hierarchy.DirectSubsetRate);
        });

    [Fact]
    public void The_top_terms_are_those_of_the_largest_magnitude()
    {
        Spectrum spectrum = new(4, [new(FeatureSet.Empty, 5), new(new FeatureSet(1), -3), new(new FeatureSet(2), 0.1), new(new FeatureSet(1, 2), 1)]);
        Assert.Equal(Hierarchy.Of([FeatureSet.Empty, new(1), new(1, 2)]), Hierarchy.OfTop(spectrum, 3));
    }

    [Fact]
    public void Rank_correlation_is_spearmans()
    {
        Assert.Equal(1, RankCorrelation.Spearman([1, 2, 3], [10, 20, 400]));
        Assert.Equal(-1, RankCorrelation.Spearman([1, 2, 3], [3, 2, 1]));

        // Without ties 1 − 6·Σd²/(n(n²−1)): d = (0, 1, −1, 1, −1).
        Assert.Equal(1 - (6 * 4 / 120.0), RankCorrelation.Spearman([1, 2, 3, 4, 5], [1, 3, 2, 5, 4])!.Value, 1e-15);

        // Ties share ranks 1.5, 1.5, 3 against 1, 2, 3: 1.5/√(1.5·2).
        Assert.Equal(1.5 / Math.Sqrt(3), RankCorrelation.Spearman([5, 5, 9], [1, 2, 3])!.Value, 1e-15);
        Assert.Null(RankCorrelation.Spearman([1, 1, 1], [1, 2, 3]));
        Assert.Null(RankCorrelation.Spearman([1], [1]));
        Assert.Null(RankCorrelation.Spearman([], []));
        Assert.Throws<ArgumentException>(() => RankCorrelation.Spearman([1], [1, 2]));
    }

    private static bool Staircase(FeatureSet set, FeatureSet[] sets) =>
        set.Count == 0 || set.Any(feature => set.Without(feature) is var smaller && sets.Contains(smaller) && Staircase(smaller, sets));

    private static IEnumerable<FeatureSet> Subsets(FeatureSet set)
    {
        for (int bits = 0; bits < 1 << set.Count; bits++)
        {
            yield return new FeatureSet([.. set.Where((_, i) => ((bits >> i) & 1) != 0)]);
        }
    }
}
