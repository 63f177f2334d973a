using Spectre.Console;
using Spex.Engine.Explaining;
using Spex.Reports.Tests.Figures;
using Spex.Tests;

namespace Spex.Reports.Tests;

public class ConsoleReportTests
{
    [Fact]
    public void A_terminal_of_80_columns_shows_coloured_words_and_pairs() => Snapshot.Match(Show(Results.Sentence(), 80, colours: true), "console colours");

    [Fact]
    public void Without_colours_signs_say_the_same() => Snapshot.Match(Show(Results.Sentence(), 80, colours: false), "console plain");

    [Fact]
    public void No_line_leaves_80_columns_and_no_name_steers_the_terminal()
    {
        foreach (Result result in (Result[])[Results.Hostile(), Results.Large()])
        {
            string shown = Show(result, 80, colours: false);
            Assert.DoesNotContain('\u001b', shown);
            Assert.DoesNotContain('\u202e', shown);
            Assert.All(shown.Split('\n'), line => Assert.True(new Spectre.Console.Rendering.Segment(line).CellCount() <= 80, line));
        }
    }

    [Fact]
    public void A_long_text_is_cut_to_its_strong_lines()
    {
        string text = string.Join(' ', Enumerable.Range(0, 1500).Select(i => $"word{i}"));
        Result result = Results.Of("one two", 2, mask => mask[0] ? 1 : 0, new());
        List<(int, int)> spans = [(text.IndexOf("word700 ", StringComparison.Ordinal), 7), (0, 5)];
        string shown = Show(result with { Subject = result.Subject with { Text = text, Spans = spans } }, 80, colours: false);
        Assert.Contains("+word700+", shown);
        Assert.Contains("lines without a strong word", shown);
        Assert.InRange(shown.Split('\n').Length, 10, 40);
    }

    private static string Show(Result result, int columns, bool colours)
    {
        StringWriter writer = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.TrueColor : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = columns;
        console.Profile.Capabilities.Unicode = true;

        // Times and hardware are this machine's.
        Explanation explanation = result.Explanation with
        {
            Run = result.Explanation.Run with { Timings = [("masks", 0.25), ("model", 1.5), ("transform", 0.125)], Device = "cpu", DeviceDescription = "a processor" },
        };
        ConsoleReport.Write(console, result.Subject, explanation, 6);
        return colours ? writer.ToString().Replace('\u001b', '␛') : writer.ToString();
    }
}
