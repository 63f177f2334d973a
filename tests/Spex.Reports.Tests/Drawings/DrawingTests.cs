using Spex.Core;
using Spex.Reports.Drawings;

namespace Spex.Reports.Tests.Drawings;

public class DrawingTests
{
    [Fact]
    public void Letters_that_no_font_has_are_told()
    {
        Drawing drawing = new(100, new Colour(255, 255, 255), "private") { Height = 40 };
        drawing.Text(5, 20, "a\uE123b", new Font(12, new Colour(0, 0, 0)));
        drawing.ToPng(1, out IReadOnlyList<string> missing);
        Assert.Equal(["\uE123"], missing);
    }

    [Fact]
    public void A_picture_that_is_too_large_is_refused()
    {
        Drawing drawing = new(4000, new Colour(255, 255, 255), "large") { Height = 9000 };
        Assert.Contains("Write it as SVG", Assert.Throws<SpexException>(() => drawing.ToPng(2, out _)).Message);
    }
}
