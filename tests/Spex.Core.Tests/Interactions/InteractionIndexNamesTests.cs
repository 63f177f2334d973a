using Spex.Core.Interactions;

namespace Spex.Core.Tests.Interactions;

public class InteractionIndexNamesTests
{
    [Fact]
    public void Every_name_is_read_back()
    {
        InteractionIndex[] indices = Enum.GetValues<InteractionIndex>();
        Assert.Equal(indices.Select(index => index.Name()), InteractionIndexNames.All);
        Assert.All(indices, index => Assert.Equal(index, InteractionIndexNames.Parse(index.Name())));
    }

    [Theory]
    [InlineData("fbii", InteractionIndex.Fbii)]
    [InlineData("kSII", InteractionIndex.KSii)]
    [InlineData("möbius", InteractionIndex.Moebius)]
    [InlineData("Mobius", InteractionIndex.Moebius)]
    [InlineData("Co-Möbius", InteractionIndex.CoMoebius)]
    [InlineData(" sv ", InteractionIndex.Sv)]
    public void Other_spellings_are_understood(string name, InteractionIndex expected) => Assert.Equal(expected, InteractionIndexNames.Parse(name));

    [Theory]
    [InlineData("FBI")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("0")]
    public void Other_words_are_answered_with_the_choices(string? name)
    {
        SpexInputException refusal = Assert.Throws<SpexInputException>(() => InteractionIndexNames.Parse(name));
        Assert.Contains("FBII, FSII, STII, SII, k-SII, SV, BV, BII, CHII, Moebius, Co-Moebius, Fourier", refusal.Message);
    }
}
