using Spex.Torch.Tokenizers;

namespace Spex.Torch.Tests.Tokenizers;

public sealed class CanonicalFormsTests
{
    [Theory]
    [InlineData("cafe\u0301", "caf\u00e9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("a\u0323\u0302", "\u1EAD")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD55C", "\uD55C")]
    [InlineData("\uAC00\u11A7", "\uAC00\u11A7")]
    [InlineData("\u0915\u093C", "\u0915\u093C")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("a\u0315\u0300\u05AE\u0062", "\u00E0\u05AE\u0315b")]
    [InlineData("\uD834\uDD5E", "\uD834\uDD57\uD834\uDD65")]
    [InlineData("\uD800x", "\uD800x")]
    [InlineData("plain ASCII", "plain ASCII")]
    public void Composes(string text, string expected) => Assert.Equal(expected, CanonicalForms.Compose(text));

    [Fact]
    public void Decomposes_fully()
    {
        List<int> codes = [];
        CanonicalForms.Decompose(0x1EAD, codes);
        CanonicalForms.Decompose(0xAC01, codes);
        CanonicalForms.Decompose('x', codes);
        Assert.Equal([0x61, 0x323, 0x302, 0x1100, 0x1161, 0x11A8, 'x'], codes);
    }
}
