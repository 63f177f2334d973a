using CsCheck;
using Spex.Torch.Text;

namespace Spex.Torch.Tests.Text;

public sealed class TextFeaturesTests
{
    [Theory]
    [InlineData("Her acting never fails to impress", "Her|acting|never|fails|to|impress")]
    [InlineData("It doesn't work, (really) — well-made!", "It|doesn't|work|really|well-made")]
    [InlineData("\"Offers that rare combination of entertainment and education.\"", "Offers|that|rare|combination|of|entertainment|and|education")]
    [InlineData("- first , then", "first|then")]
    [InlineData("wo n't", "wo|n't")]
    [InlineData("!!! ...", "")]
    [InlineData("", "")]
    public void Words_are_what_stands_between_spaces(string text, string expected)
    {
        TextFeatures features = TextFeatures.Split(text);
        Assert.Equal(expected, string.Join('|', Enumerable.Range(0, features.Features.Count).Select(features.NameOf)));
    }

    [Fact]
    public void Every_token_belongs_to_one_feature()
    {
        Gen.Char["ab n't.,-(\"!"].Array[0, 60].Select(chars => new string(chars)).Sample(text =>
        {
            foreach (TextUnit unit in Enum.GetValues<TextUnit>())
            {
                TextFeatures features = TextFeatures.Split(text, unit);
                int reached = 0;
                foreach (TextFeature feature in features.Features)
                {
                    Assert.Equal(reached, feature.FirstToken);
                    Assert.True(feature.TokenCount > 0);
                    reached += feature.TokenCount;
                }

                // A text of marks alone has no word to take them.
                Assert.True(reached == features.Tokens.Count || features.Features.Count == 0);
            }
        });
    }

    [Fact]
    public void Tokens_can_be_features()
    {
        TextFeatures features = TextFeatures.Split("Isn't it?", TextUnit.Token);
        Assert.Equal(["Is", "n't", "it", "?"], Enumerable.Range(0, features.Features.Count).Select(features.NameOf));
    }
}
