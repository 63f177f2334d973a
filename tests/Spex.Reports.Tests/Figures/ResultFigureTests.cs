using System.Xml.Linq;
using Spex.Core;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;
using Spex.Reports.Figures;
using Spex.Tests;

namespace Spex.Reports.Tests.Figures;

public class ResultFigureTests
{
    private static readonly Lazy<Result> Sentence = new(Results.Sentence), Hostile = new(Results.Hostile), Large = new(Results.Large), Constant = new(Results.Constant), Single = new(Results.Single);

    public static TheoryData<FigureKind> Kinds => [.. Enum.GetValues<FigureKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Figures_are_what_was_looked_at(FigureKind kind) =>
        Snapshot.Match(ResultFigure.Draw(kind, Sentence.Value, new FigureSettings { Top = 4 }).ToSvg(), $"figure {Name(kind)}");

    [Fact]
    public void A_dark_figure_is_what_was_looked_at() =>
        Snapshot.Match(ResultFigure.Draw(FigureKind.Bar, Hostile.Value, new FigureSettings { Top = 6, Dark = true, Width = 500 }).ToSvg(), "figure bar dark");

    [Fact]
    public void Heads_are_a_matrix_of_layers()
    {
        Result heads = Results.Heads();
        Snapshot.Match(ResultFigure.Draw(FigureKind.Heatmap, heads, new FigureSettings { Top = 2 }).ToSvg(), "figure heads");
        string[] texts = [.. ResultFigure.Draw(FigureKind.Energy, heads, new FigureSettings()).Shapes.OfType<TextShape>().Select(text => text.Text)];
        Assert.Contains(texts, text => text.StartsWith("Single heads ", StringComparison.Ordinal) && text.Contains("across layers", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Texts_stay_inside_and_off_each_other(FigureKind kind)
    {
        foreach (Result result in Drawable(kind))
        {
            foreach ((int width, int top) in (ReadOnlySpan<(int, int)>)[(320, 3), (760, 10), (500, 40), (2000, 200)])
            {
                Drawing drawing = ResultFigure.Draw(kind, result, new FigureSettings { Width = width, Top = top });
                TextShape[] texts = [.. drawing.Shapes.OfType<TextShape>()];
                foreach (TextShape text in texts)
                {
                    Assert.True(text.Box is { X: >= -1, Y: >= -1 } && text.Box.Right <= drawing.Width + 1 && text.Box.Bottom <= drawing.Height + 1, $"{kind} {width} {top}: \"{text.Text}\" at {text.Box} leaves {drawing.Width} × {drawing.Height}.");
                }

                for (int i = 0; i < texts.Length; i++)
                {
                    for (int j = 0; j < i; j++)
                    {
                        Assert.False(texts[i].Box.Overlaps(texts[j].Box), $"{kind} {width} {top}: \"{texts[i].Text}\" {texts[i].Box} lies over \"{texts[j].Text}\" {texts[j].Box}.");
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_names_hold_is_shown_as_text(FigureKind kind)
    {
        string svg = ResultFigure.Draw(kind, Hostile.Value, new FigureSettings { Top = 30 }).ToSvg();
        XElement root = XDocument.Parse(svg).Root!;
        string[] allowed = ["svg", "title", "rect", "path", "circle", "text"];
        Assert.All(root.DescendantsAndSelf(), element => Assert.Contains(element.Name.LocalName, allowed));
        Assert.All(root.DescendantsAndSelf().Attributes(), attribute => Assert.DoesNotContain("script", attribute.Name.LocalName));
        Assert.DoesNotContain(svg, letter => letter is '\u001b' or '\u202e' or '\a' || char.IsSurrogate(letter) && !svg.Contains("😀", StringComparison.Ordinal));
        if (kind is not (FigureKind.Energy or FigureKind.Waterfall))
        {
            string all = string.Join(' ', root.Descendants().Where(element => element.Name.LocalName is "text" or "title").Select(element => element.Value));
            Assert.Contains("<script>", all);
            Assert.Contains("שלום", all);
            Assert.Contains("…", all);
        }

        // Written again it is the same, byte for byte.
        Assert.Equal(svg, ResultFigure.Draw(kind, Hostile.Value, new FigureSettings { Top = 30 }).ToSvg());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_not_drawn_is_summed_up(FigureKind kind)
    {
        if (kind is FigureKind.Text or FigureKind.Energy)
        {
            return;
        }

        Drawing drawing = ResultFigure.Draw(kind, Large.Value, new FigureSettings { Top = 5 });
        Assert.Contains(drawing.Shapes.OfType<TextShape>(), text => text.Text.Contains("other", StringComparison.Ordinal));
        Drawing all = ResultFigure.Draw(FigureKind.Bar, Sentence.Value, new FigureSettings { Top = 200 });
        Assert.DoesNotContain(all.Shapes.OfType<TextShape>(), text => text.Text.Contains("other", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Little_and_nothing_are_drawn_too(FigureKind kind)
    {
        foreach (Result result in (Result[])[Constant.Value, Single.Value, Sentence.Value.Under(InteractionIndex.Sv, 1), Sentence.Value.Under(InteractionIndex.Fourier, 3)])
        {
            XDocument.Parse(ResultFigure.Draw(kind, result, new FigureSettings()).ToSvg());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_png_has_the_pixels_that_were_asked_for(FigureKind kind)
    {
        Drawing drawing = ResultFigure.Draw(kind, Hostile.Value, new FigureSettings { Width = 400, Top = 5 });
        byte[] png = drawing.ToPng(1.5, out _);
        using SkiaSharp.SKBitmap bitmap = SkiaSharp.SKBitmap.Decode(png);
        Assert.Equal((600, (int)Math.Ceiling(1.5 * drawing.Height)), (bitmap.Width, bitmap.Height));
        int inked = bitmap.Pixels.Count(pixel => pixel != SkiaSharp.SKColors.White);
        Assert.InRange(inked, 2000, bitmap.Pixels.Length / 2);
    }

    [Fact]
    public void What_is_no_text_has_no_text_figure() =>
        Assert.Contains("of kind \"game\"", Assert.Throws<SpexInputException>(() => ResultFigure.Draw(FigureKind.Text, Large.Value, new FigureSettings())).Message);

    [Fact]
    public void A_text_from_right_to_left_begins_at_the_right()
    {
        Result result = Results.Of("שלום עולם טוב", 3, mask => (mask[0] ? 1 : 0) + (mask[1] && mask[2] ? 2 : 0), new());
        TextShape[] texts = [.. ResultFigure.Draw(FigureKind.Text, result, new FigureSettings()).Shapes.OfType<TextShape>()];
        Assert.True(Array.Find(texts, text => text.Text == "שלום")!.Start.X > Array.Find(texts, text => text.Text == "טוב")!.Start.X);
    }

    [Fact]
    public void A_long_text_leaves_out_lines_without_marks_and_says_so()
    {
        Spectrum spectrum = new(2000, [new(new FeatureSet(3, 5), 0.5), new(new FeatureSet(1500), -1)]);
        Result small = Results.Of("one", 1, mask => mask[0] ? 1 : 0, new());
        (int Start, int Length)[] spans = [.. Enumerable.Range(0, 2000).Select(i => (9 * i, 8))];
        Result result = new(
            new Subject("text", "words", "a number", "word", null) { Text = string.Join(' ', Enumerable.Range(0, 2000).Select(i => $"word{i:0000}")), Spans = spans },
            small.Explanation with { Spectrum = spectrum, Interactions = InteractionConverter.Convert(spectrum, InteractionIndex.Fbii, 2) });
        Drawing drawing = ResultFigure.Draw(FigureKind.Text, result, new FigureSettings { Top = 1 });
        string[] texts = [.. drawing.Shapes.OfType<TextShape>().Select(shape => shape.Text)];
        Assert.Contains("word0003", texts);
        Assert.Contains("word1500", texts);
        Assert.DoesNotContain("word1000", texts);
        Assert.Contains(texts, line => line.StartsWith("… ", StringComparison.Ordinal) && line.Contains("units on", StringComparison.Ordinal));
        Assert.InRange(drawing.Height, 200, 3000);
    }

    private static IEnumerable<Result> Drawable(FigureKind kind) => kind == FigureKind.Text ? [Sentence.Value, Hostile.Value] : kind == FigureKind.Heatmap ? [Sentence.Value, Hostile.Value, Large.Value, Results.Heads()] : [Sentence.Value, Hostile.Value, Large.Value];

    private static string Name(FigureKind kind) => kind.ToString().ToLowerInvariant();
}
