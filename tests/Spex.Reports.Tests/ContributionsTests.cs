using Spex.Core.Interactions;
using Spex.Reports.Tests.Figures;

namespace Spex.Reports.Tests;

public class ContributionsTests
{
    [Fact]
    public void They_add_up_to_the_output_under_every_index()
    {
        foreach (Result result in (Result[])[Results.Sentence(), Results.Hostile(), Results.Constant()])
        {
            foreach (InteractionIndex index in Enum.GetValues<InteractionIndex>())
            {
                Contributions parts = Contributions.Of(result.Under(index, 2).Explanation);
                Assert.Equal(parts.Output, parts.Baseline + parts.Constant + parts.Steps.Sum(step => step.Strength) + parts.Rest, 1e-9);
                Assert.Equal(result.Explanation.Output.Value, parts.Output);
                Assert.Equal(result.Explanation.Baseline.Value, parts.Baseline);
            }
        }
    }

    [Theory]
    [InlineData(InteractionIndex.Sv, 1)]
    [InlineData(InteractionIndex.KSii, 2)]
    [InlineData(InteractionIndex.Fsii, 2)]
    [InlineData(InteractionIndex.Stii, 3)]
    [InlineData(InteractionIndex.Moebius, 5)]
    [InlineData(InteractionIndex.Bii, 2)]
    public void An_exact_result_leaves_no_rest_where_the_index_is_efficient(InteractionIndex index, int order)
    {
        Contributions parts = Contributions.Of(Results.Sentence().Under(index, order).Explanation);
        Assert.Equal(0, parts.Constant, 1e-6);
        Assert.Equal(0, parts.Rest, 1e-6);
        Assert.Equal(index == InteractionIndex.Bii, parts.AreShapleyValues);
    }
}
