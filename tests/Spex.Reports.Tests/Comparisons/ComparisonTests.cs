using Spectre.Console;
using Spex.Core;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Reports.Comparisons;
using Spex.Reports.Drawings;
using Spex.Reports.Figures;
using Spex.Reports.Tests.Figures;
using Spex.Tests;

namespace Spex.Reports.Tests.Comparisons;

public class ComparisonTests
{
    [Fact]
    public void Two_results_of_the_same_features_are_compared_by_their_numbers()
    {
        Comparison comparison = Comparison.Of([Results.Sentence(), Double(Results.Sentence())], ["a.json", "b.json"]);
        Assert.Equal("All have the same 5 features.", comparison.FeatureRemark);
        ComparedSet pair = comparison.Sets.Single(set => set.Set == new FeatureSet(1, 2));
        Assert.Equal(2 * pair.Strengths[0]!.Value, pair.Strengths[1]!.Value, 1e-9);
        Assert.Equal(pair.Strengths[0]!.Value, pair.Spread, 1e-9);
        Assert.True(pair.IsShared);
        Agreement agreement = comparison.AgreementOf(0, 1, 3);
        Assert.Equal((3, 3, 3), (agreement.Top, agreement.Shared, agreement.SameSign));
        Assert.Equal(1, agreement.TopCorrelation!.Value, 1e-12);
        Assert.Equal(1, agreement.Correlation!.Value, 1e-12);
    }

    [Fact]
    public void Other_features_are_matched_by_name_and_occurrence()
    {
        Result first = Results.Of("the cat the dog", 4, mask => (mask[2] ? 1 : 0) + (mask[1] && mask[2] ? 2 : 0), new());
        Result second = Results.Of("a the big the dog", 5, mask => (mask[3] ? 5 : 0) + (mask[2] && mask[3] ? 7 : 0), new());
        Comparison comparison = Comparison.Of([first, second], ["a", "b"]);
        Assert.StartsWith("The features differ and are matched by name: 3 are in all of them; the results have 4, 5.", comparison.FeatureRemark);
        double?[] theSecond = [.. comparison.Sets.Single(set => set.Set.Count == 1 && comparison.FeatureNames![set.Set[0]] == "the" && set.Strengths[0] is > 0.5).Strengths];
        Assert.Equal(1, theSecond[0]!.Value, 1e-6);
        Assert.Equal(5, theSecond[1]!.Value, 1e-6);

        // A set with a feature that one result lacks has no strength there, which is not 0.
        Assert.Contains(comparison.Sets, set => set.Set.Count == 2 && set.Strengths[0] is > 1.9 && set.Strengths[1] is null);
    }

    [Fact]
    public void A_result_under_another_index_is_converted_from_its_spectrum()
    {
        Result first = Results.Sentence(), second = Results.Sentence().Under(InteractionIndex.Sv, 1);
        Comparison comparison = Comparison.Of([first, second], ["a", "b"]);
        Assert.True(comparison.Results[1].IsConverted);
        Assert.All(comparison.Sets, set => Assert.Equal(set.Strengths[0]!.Value, set.Strengths[1]!.Value, 1e-9));
        Assert.Contains("B (SV) were converted from the spectrum", Show(comparison, 80));
    }

    [Fact]
    public void Values_that_are_not_the_same_are_told()
    {
        Result first = Results.Sentence(), second = first with { Subject = first.Subject with { Value = "another number; the model says so" } };
        Assert.Null(Comparison.Of([first, first], ["a", "b"]).ValueRemark);
        Assert.Equal("The values differ: A is a number; B is another number. Strengths of different values need not agree.", Comparison.Of([first, second], ["a", "b"]).ValueRemark);
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        Result named = Results.Sentence(), other = Results.Of("quite something else", 3, mask => mask[0] ? 1 : 0, new());
        Assert.Contains("from 2 to 6", Assert.Throws<SpexInputException>(() => Comparison.Of([named], ["a"])).Message);
        Assert.Contains("there is nothing to compare", Assert.Throws<SpexInputException>(() => Comparison.Of([named, other], ["a", "b"])).Message);
        Result nameless = other with { Subject = other.Subject with { FeatureNames = null } };
        Assert.Contains("those of b have no names", Assert.Throws<SpexInputException>(() => Comparison.Of([named, nameless], ["a", "b"])).Message);
    }

    [Fact]
    public void People_see_it_in_80_columns()
    {
        Result other = Results.Of("It always fails to amuse", 5, mask => (mask[1] && mask[2] ? -1.0 : 0) - (mask[2] ? 1.4 : 0) - (mask[4] ? 0.5 : 0), new());
        string shown = Show(Comparison.Of([Results.Sentence(), other, Double(Results.Sentence())], ["first.json", "second.json", "third.json"]), 80);
        Assert.All(shown.Split('\n'), line => Assert.True(line.Length <= 80, line));
        Snapshot.Match(shown, "comparison");
    }

    [Fact]
    public void The_figure_shows_every_result_and_keeps_texts_apart()
    {
        Comparison comparison = Comparison.Of([Results.Sentence(), Double(Results.Sentence()), Results.Sentence().Under(InteractionIndex.Sv, 1)], ["a.json", "b.json", "c.json"]);
        Snapshot.Match(ComparisonFigure.Draw(comparison, new FigureSettings { Top = 4 }).ToSvg(), "figure comparison");
        foreach (int width in (int[])[320, 760])
        {
            TextShape[] texts = [.. ComparisonFigure.Draw(comparison, new FigureSettings { Top = 30, Width = width }).Shapes.OfType<TextShape>()];
            for (int i = 0; i < texts.Length; i++)
            {
                Assert.InRange(texts[i].Box.Right, 0, width + 1);
                Assert.DoesNotContain(texts[..i], text => text.Box.Overlaps(texts[i].Box));
            }
        }
    }

    private static Result Double(Result result)
    {
        Spectrum spectrum = result.Explanation.Spectrum.Times(2);
        return result with { Explanation = result.Explanation with { Spectrum = spectrum, Interactions = InteractionConverter.Convert(spectrum, InteractionIndex.Fbii, 5) } };
    }

    private static string Show(Comparison comparison, int columns)
    {
        StringWriter writer = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = columns;
        console.Profile.Capabilities.Unicode = true;
        ComparisonReport.Write(console, comparison, 5);
        return string.Join('\n', writer.ToString().Split('\n').Select(line => line.TrimEnd()));
    }
}
