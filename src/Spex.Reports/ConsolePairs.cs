using Spectre.Console;
using Spectre.Console.Rendering;
using Spex.Core.Interactions;
using Spex.Reports.Drawings;

namespace Spex.Reports;

/// <summary>The pairs of the features that take part in most, as a table for a terminal of 80 columns: own effects on the diagonal.</summary>
internal static class ConsolePairs
{
    private const int Most = 6, NameCells = 14, LeastCells = 8;

    /// <summary>Writes the table, where the result has pairs.</summary>
    public static void Write(IAnsiConsole console, Subject subject, InteractionValues interactions)
    {
        if (!interactions.Interactions.Any(interaction => interaction.Set.Count == 2))
        {
            return;
        }

        PairStrengths pairs = new(interactions, Most);
        double largest = pairs.Features.Max(row => pairs.Features.Max(column => Math.Abs(pairs[row, column])));
        if (pairs.Features.Count < 2 || largest == 0)
        {
            return;
        }

        StrengthFormat numbers = new(largest);
        FeatureLabels rowNames = new(subject.FeatureNames, NameCells);
        int width = Math.Max(LeastCells, pairs.Features.Max(row => pairs.Features.Max(column => numbers.Of(pairs[row, column]).Length)));
        FeatureLabels columnNames = new(subject.FeatureNames, width);
        string others = pairs.OtherCount > 0 ? $" [grey](the {pairs.Features.Count} strongest features of {pairs.Features.Count + pairs.OtherCount:N0}; own effects on the diagonal)[/]" : " [grey](own effects on the diagonal)[/]";
        console.WriteLine();
        console.MarkupLine($"[bold]Pairs[/]{others}");
        string[] names = [.. pairs.Features.Select(feature => Cut(rowNames.Of(feature), NameCells))];
        int nameCells = names.Max(Cells);
        console.MarkupLine($"  {new string(' ', nameCells)}{string.Concat(pairs.Features.Select(feature => "  " + Markup.Escape(PadLeft(Cut(columnNames.Of(feature), width), width))))}");
        for (int row = 0; row < names.Length; row++)
        {
            string cells = string.Concat(pairs.Features.Select(column =>
            {
                double strength = pairs[pairs.Features[row], column];
                string text = Math.Abs(strength) < numbers.Least ? "·" : numbers.Of(strength);
                return "  " + (text == "·" ? PadLeft(text, width) : $"[{EffectColours.ConsoleName(strength)}]{PadLeft(text, width)}[/]");
            }));
            console.MarkupLine($"  {Markup.Escape(names[row])}{new string(' ', nameCells - Cells(names[row]))}{cells}");
        }
    }

    // A name's number (the#3) comes on top of the letters that were asked for.
    private static string Cut(string name, int cells) => Cells(name) <= cells ? name : PlainText.CutMiddle(name, cells) is var cut && Cells(cut) <= cells ? cut : PlainText.CutMiddle(name, cells / 2);

    private static int Cells(string text) => new Segment(text).CellCount();

    private static string PadLeft(string text, int cells) => new string(' ', Math.Max(0, cells - Cells(text))) + text;
}
