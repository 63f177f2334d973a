using Spex.Core;
using Spex.Torch.Heads;

namespace Spex.Torch.Tests.Heads;

public sealed class LayerListTests
{
    [Theory]
    [InlineData("3", new[] { 3 })]
    [InlineData("1-3", new[] { 1, 2, 3 })]
    [InlineData("5, 0-1,1", new[] { 0, 1, 5 })]
    public void Numbers_and_ranges_are_read(string text, int[] layers) => Assert.Equal(layers, LayerList.Parse(text, 6));

    [Theory]
    [InlineData("6", "has 6 layers, 0 to 5; layers 6 were asked for")]
    [InlineData("2-9", "has 6 layers, 0 to 5; layers 2-9 were asked for")]
    [InlineData("3-1", "such as 3, 14-16 or 0,2,5-7; got \"3-1\"")]
    [InlineData("", "got \"\"")]
    [InlineData("-1", "got \"-1\"")]
    [InlineData("1-2-3", "got \"1-2-3\"")]
    [InlineData("all", "got \"all\"")]
    public void Everything_else_is_told(string text, string message) => Assert.Contains(message, Assert.Throws<SpexInputException>(() => LayerList.Parse(text, 6)).Message);
}
