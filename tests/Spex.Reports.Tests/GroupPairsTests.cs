using Spex.Core.Interactions;
using Spex.Core.Spectra;

namespace Spex.Reports.Tests;

public sealed class GroupPairsTests
{
    [Fact]
    public void Interactions_are_summed_by_the_groups_they_join()
    {
        Subject subject = new("rag", "q", "v", "sentence", ["a", "b", "c", "d"]) { Groups = ["one", "two", "three"], GroupOfFeature = [0, 0, 1, 2] };
        InteractionValues interactions = new(InteractionIndex.Fbii, 3, 4,
        [
            new(new FeatureSet(0), 9), new(new FeatureSet(0, 1), 0.5), new(new FeatureSet(0, 2), -2), new(new FeatureSet(1, 2), 1), new(new FeatureSet(0, 1, 2), 0.25), new(new FeatureSet(0, 2, 3), 4),
        ]);
        IReadOnlyList<GroupPairs.Pair> pairs = GroupPairs.Of(subject, interactions);
        Assert.Equal([("three documents and more", 4.0, 1), ("one × two", 3.25, 3), ("within one", 0.5, 1)], pairs.Select(pair => (pair.Name, pair.Sum, pair.Count)));
        Assert.Equal(-2, pairs[1].Strongest.Strength);
        Assert.Empty(GroupPairs.Of(subject with { Groups = null }, interactions));
    }
}
