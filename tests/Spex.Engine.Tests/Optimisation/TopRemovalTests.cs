using System.Numerics;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Optimisation;

namespace Spex.Engine.Tests.Optimisation;

public class TopRemovalTests
{
    private static readonly RemovalSettings Settings = new();

    [Theory]
    [InlineData(3, 4, 2)]
    [InlineData(6, 20, 3)]
    [InlineData(9, 40, 4)]
    [InlineData(12, 60, 5)]
    [InlineData(12, 200, 3)]
    public void The_programme_and_the_table_find_what_trying_all_sets_finds(int n, int terms, int degree)
    {
        for (ulong seed = 0; seed < 2; seed++)
        {
            Spectrum spectrum = Random(n, terms, degree, seed);
            for (int r = 0; r <= n; r++)
            {
                (double fall, double rise) = BruteForce(spectrum, r);
                foreach (RemovalOptimum found in new[] { TopRemoval.ByProgramme(spectrum, r, Settings, TestContext.Current.CancellationToken), TopRemoval.ByTable(spectrum, r) })
                {
                    AssertIs(spectrum, r, fall, found.Fall);
                    AssertIs(spectrum, r, rise, found.Rise);
                    Assert.Equal(0, found.Gap);
                }
            }
        }
    }

    [Fact]
    public void Without_interactions_sorting_finds_what_the_programme_finds()
    {
        for (ulong seed = 0; seed < 10; seed++)
        {
            Spectrum spectrum = Random(40, 30, 1, seed);
            for (int r = 0; r <= 40; r += 5)
            {
                RemovalOptimum sorted = TopRemoval.BySorting(spectrum, r);
                RemovalOptimum programme = TopRemoval.ByProgramme(spectrum, r, Settings, TestContext.Current.CancellationToken);
                Assert.Equal(sorted.Fall.Change, programme.Fall.Change, 1e-9);
                Assert.Equal(sorted.Rise.Change, programme.Rise.Change, 1e-9);
                Assert.True(programme.Fall.IsProven && programme.Rise.IsProven);
            }
        }
    }

    [Fact]
    public void A_group_that_only_counts_together_is_found_among_many_features()
    {
        // Singles say nothing of {3, 50, 97}: greedy choice alone would take the single features.
        MoebiusExpansion removed = new(100, [.. Enumerable.Range(10, 5).Select(i => new SpectrumTerm(new FeatureSet(i), 1.0)), new SpectrumTerm(new FeatureSet(3, 50, 97), 4.0)]);
        Spectrum spectrum = ByRemoval(removed);
        RemovalOptimum found = TopRemoval.Find(spectrum, 3, null, TestContext.Current.CancellationToken);
        Assert.Equal(new FeatureSet(3, 50, 97), found.Fall.Features);
        Assert.Equal(4, found.Fall.Change, 1e-9);
        Assert.Equal(0, found.Gap);
        Assert.Equal(new FeatureSet(3, 50, 97), found.Strongest.Features);
    }

    [Fact]
    public void Both_directions_are_tried_and_the_stronger_one_counts()
    {
        Spectrum spectrum = new(3, [new(new FeatureSet(0), -0.5), new(new FeatureSet(1), 2.0), new(new FeatureSet(2), 0.25)]);
        RemovalOptimum found = TopRemoval.Find(spectrum, 1, null, TestContext.Current.CancellationToken);
        Assert.Equal((new FeatureSet(0), 1.0), (found.Fall.Features, found.Fall.Change));
        Assert.Equal((new FeatureSet(1), -4.0), (found.Rise.Features, found.Rise.Change));
        Assert.Same(found.Rise, found.Strongest);
    }

    [Fact]
    public void What_is_not_proven_within_the_limit_comes_with_a_gap_that_holds()
    {
        Spectrum spectrum = Random(40, 200, 4, 3);
        RemovalOptimum hurried = TopRemoval.Find(spectrum, 7, new RemovalSettings { EffortLimit = 1e-6 }, TestContext.Current.CancellationToken);
        RemovalOptimum found = TopRemoval.Find(spectrum, 7, new RemovalSettings { EffortLimit = 1 }, TestContext.Current.CancellationToken);
        Assert.True(hurried.Fall.Gap > 0 && hurried.Rise.Gap > 0 && hurried.Gap > 0);
        Assert.False(hurried.Fall.IsProven || hurried.Rise.IsProven);
        Assert.True(hurried.Fall.Change + hurried.Fall.Gap >= found.Fall.Change - 1e-6);
        Assert.True(-hurried.Rise.Change + hurried.Rise.Gap >= -found.Rise.Change - 1e-6);
    }

    [Fact]
    public void The_same_question_gets_the_same_answer()
    {
        Spectrum spectrum = Random(30, 200, 4, 5);
        RemovalOptimum first = TopRemoval.Find(spectrum, 5, null, TestContext.Current.CancellationToken);
        RemovalOptimum second = TopRemoval.Find(spectrum, 5, null, TestContext.Current.CancellationToken);
        Assert.Equal((first.Fall.Features, first.Fall.Change, first.Fall.Gap), (second.Fall.Features, second.Fall.Change, second.Fall.Gap));
        Assert.Equal((first.Rise.Features, first.Rise.Change, first.Rise.Gap), (second.Rise.Features, second.Rise.Change, second.Rise.Gap));
    }

    [Fact]
    public void Extreme_scales_and_constants_are_solved()
    {
        foreach (double scale in new[] { 1e30, 1e-30 })
        {
            Spectrum spectrum = Random(25, 60, 3, 1).Times(scale);
            RemovalOptimum found = TopRemoval.Find(spectrum, 4, null, TestContext.Current.CancellationToken);
            RemovalOptimum unit = TopRemoval.Find(Random(25, 60, 3, 1), 4, null, TestContext.Current.CancellationToken);
            Assert.Equal(unit.Fall.Change, found.Fall.Change / scale, 1e-9);
            Assert.Equal(unit.Rise.Change, found.Rise.Change / scale, 1e-9);
        }

        RemovalOptimum constant = TopRemoval.Find(new Spectrum(50, [new(FeatureSet.Empty, 3.0)]), 2, null, TestContext.Current.CancellationToken);
        Assert.Equal(0, constant.Strongest.Change);
        Assert.Equal(2, constant.Strongest.Features.Count);
    }

    [Fact]
    public void A_count_that_does_not_fit_and_a_cancelled_search_are_refused()
    {
        Spectrum spectrum = Random(5, 5, 2, 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => TopRemoval.Find(spectrum, 6, null, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => TopRemoval.Find(spectrum, -1, null, TestContext.Current.CancellationToken));
        Assert.Throws<OperationCanceledException>(() => TopRemoval.ByProgramme(spectrum, 2, Settings, new CancellationToken(true)));
    }

    private static void AssertIs(Spectrum spectrum, int r, double expected, RemovalSet found)
    {
        Assert.Equal(r, found.Features.Count);
        Assert.Equal(expected, found.Change, 1e-7);
        Assert.Equal(found.Change, Change(spectrum, [.. found.Features]), 1e-12);
        Assert.True(found.IsProven);
    }

    private static (double Fall, double Rise) BruteForce(Spectrum spectrum, int r)
    {
        double fall = double.NegativeInfinity, rise = double.PositiveInfinity;
        for (uint removed = 0; removed < 1u << spectrum.FeatureCount; removed++)
        {
            if (BitOperations.PopCount(removed) == r)
            {
                double change = Change(spectrum, [.. DenseTransform.SetOf(removed)]);
                (fall, rise) = (Math.Max(fall, change), Math.Min(rise, change));
            }
        }

        return (fall, rise);
    }

    private static double Change(Spectrum spectrum, int[] removed)
    {
        MaskMatrix masks = new(2, spectrum.FeatureCount);
        for (int feature = 0; feature < spectrum.FeatureCount; feature++)
        {
            masks[0, feature] = true;
            masks[1, feature] = !removed.Contains(feature);
        }

        double[] values = spectrum.Evaluate(masks);
        return values[0] - values[1];
    }

    private static Spectrum Random(int n, int terms, int degree, ulong seed)
    {
        List<SpectrumTerm> list = [new(FeatureSet.Empty, 0.5)];
        ulong at = 0;
        for (int t = 0; t < terms; t++)
        {
            int size = 1 + Philox.Below(seed, 1, at++, Math.Min(degree, n));
            HashSet<int> features = [];
            while (features.Count < size)
            {
                features.Add(Philox.Below(seed, 1, at++, n));
            }

            list.Add(new SpectrumTerm(new FeatureSet([.. features]), Philox.Gaussian(seed, 2, (ulong)t)));
        }

        return new Spectrum(n, list);
    }

    /// <summary>The spectrum of f(m) = −Σ_T c_T·[all of T absent in m].</summary>
    private static Spectrum ByRemoval(MoebiusExpansion removed)
    {
        Spectrum swapped = MoebiusTransform.ToFourier(removed);
        return new Spectrum(swapped.FeatureCount, swapped.Terms.Select(term => term with { Coefficient = (term.Set.Count & 1) == 0 ? -term.Coefficient : term.Coefficient }));
    }
}
