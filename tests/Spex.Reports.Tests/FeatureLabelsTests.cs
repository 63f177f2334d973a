using Spex.Core.Spectra;

namespace Spex.Reports.Tests;

public class FeatureLabelsTests
{
    [Fact]
    public void Names_are_joined_and_repeated_ones_numbered()
    {
        FeatureLabels labels = new(["the", "film", "the"]);
        Assert.Equal("film × the#2", labels.Of(new FeatureSet(1, 2)));
        Assert.Equal("(none)", labels.Of(FeatureSet.Empty));
    }

    [Fact]
    public void Features_without_names_are_numbers() => Assert.Equal("4 × 7", new FeatureLabels(null).Of(new FeatureSet(7, 4)));

    [Fact]
    public void Long_names_keep_their_ends() => Assert.Equal("abc…xyz", new FeatureLabels(["abcdefghijklmnopqrstuvwxyz"], 7).Of(0));
}
