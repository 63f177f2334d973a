using SkiaSharp;
using Spex.Reports.Drawings;

namespace Spex.Reports.Tests.Drawings;

public class FontMetricsTests
{
    [Theory]
    [InlineData("Her acting never fails to impress", false)]
    [InlineData("R² 0.931 (95 % interval) × … − ▲▼", false)]
    [InlineData("Größe Ελλάδα Привет שלום", true)]
    public void Widths_are_those_that_are_painted(string text, bool bold)
    {
        using SKData data = SKData.CreateCopy((bold ? FontFile.Bold : FontFile.Regular).Bytes);
        using SKTypeface typeface = SKTypeface.FromData(data);
        using SKFont font = new(typeface, 1000) { Hinting = SKFontHinting.None, Subpixel = true };
        Assert.True(FontMetrics.Has(text, bold));
        Assert.Equal(font.MeasureText(typeface.GetGlyphs(text)), FontMetrics.Width(text, 1000, bold), 1.0);
    }

    [Fact]
    public void What_does_not_fit_ends_with_an_ellipsis_between_letters()
    {
        string cut = FontMetrics.Fit("e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", 10, 30);
        Assert.EndsWith("\u0301…", cut);
        Assert.True(FontMetrics.Width(cut, 10) <= 30);
        Assert.Equal("short", FontMetrics.Fit("short", 10, 100));
    }

    [Fact]
    public void Long_text_is_broken_between_words()
    {
        IReadOnlyList<string> lines = FontMetrics.Wrap("one two three four five six seven", 10, 60);
        Assert.True(lines.Count > 2);
        Assert.All(lines, line => Assert.True(FontMetrics.Width(line, 10) <= 60));
        Assert.Equal("one two three four five six seven", string.Join(' ', lines));
    }
}
