using Spex.Core.Metrics;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Metrics;

public class GroupEnergyTests
{
    [Fact]
    public void Each_term_is_shared_among_the_groups_of_its_members()
    {
        Spectrum spectrum = new(
            5,
            [
                new(new FeatureSet(), 7), new(new FeatureSet(0), 2), new(new FeatureSet(4), 3), new(new FeatureSet(0, 1), 1), new(new FeatureSet(1, 2, 3), 3), new(new FeatureSet(3, 4), -2),
            ]);
        IReadOnlyList<GroupEnergy> energies = GroupEnergy.Of(spectrum, [0, 0, 1, 1, 2], 4);
        Assert.Equal(new GroupEnergy(4, 1, 3), energies[0]);
        Assert.Equal(new GroupEnergy(0, 0, 6 + 2), energies[1]);
        Assert.Equal(new GroupEnergy(9, 0, 2), energies[2]);
        Assert.Equal(new GroupEnergy(0, 0, 0), energies[3]);
        Assert.Equal(spectrum.Variance, energies.Sum(energy => energy.Total), 1e-12);
    }

    [Fact]
    public void The_parts_add_up_to_the_variance()
    {
        System.Random random = new(4);
        Spectrum spectrum = new(20, Enumerable.Range(0, 200).Select(_ => new SpectrumTerm(
            new FeatureSet([.. Enumerable.Range(0, 20).OrderBy(_ => random.Next()).Take(random.Next(6)).Order()]), random.NextDouble() - 0.5)));
        int[] groups = [.. Enumerable.Range(0, 20).Select(_ => random.Next(5))];
        Assert.Equal(spectrum.Variance, GroupEnergy.Of(spectrum, groups, 5).Sum(energy => energy.Total), 1e-12);
        GroupEnergy one = GroupEnergy.Of(spectrum, new int[20], 1)[0];
        Assert.Equal(0, one.Across);
        Assert.Equal(spectrum.Truncate(1).Variance, one.Linear, 1e-12);
    }

    [Fact]
    public void Groups_that_do_not_fit_are_refused()
    {
        Spectrum spectrum = new(3, []);
        Assert.Throws<ArgumentException>(() => GroupEnergy.Of(spectrum, [0, 0], 1));
        Assert.Throws<ArgumentException>(() => GroupEnergy.Of(spectrum, [0, 0, 1], 1));
    }
}
