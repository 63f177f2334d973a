using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Spex.Engine.Explaining;
using Spex.Reports.Drawings;
using Spex.Reports.Figures;

namespace Spex.Reports.Comparisons;

/// <summary>A comparison for a terminal of 80 columns.</summary>
public static class ComparisonReport
{
    private const int Columns = 80, LeastNameCells = 16;

    private static readonly int[] NameLengths = [28, 20, 14, 9, 6];

    /// <summary>Writes the comparison.</summary>
    /// <param name="console">Where to; without colours where it shows none.</param>
    /// <param name="comparison">The comparison.</param>
    /// <param name="top">The most sets in each table.</param>
    public static void Write(IAnsiConsole console, Comparison comparison, int top)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(comparison);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        foreach (ComparedResult one in comparison.Results)
        {
            WriteResult(console, one);
        }

        console.WriteLine();
        console.WriteLine(comparison.FeatureRemark);
        if (comparison.ValueRemark is { } remark)
        {
            console.MarkupLineInterpolated($"[yellow]{remark}[/]");
        }

        ComparedResult[] converted = [.. comparison.Results.Where(one => one.IsConverted)];
        string index = FigureFrame.NameOf(comparison.Results[0].Values);
        console.WriteLine(converted.Length == 0
            ? $"Strengths are {index} in all of them."
            : $"Strengths are {index}; those of {string.Join(" and ", converted.Select(one => $"{one.Letter} ({FigureFrame.NameOf(one.Result.Explanation.Interactions)})"))} were converted from the spectrum.");
        console.WriteLine();
        WriteAgreements(console, comparison, top);
        ComparedSet[] shared = [.. comparison.Sets.Where(set => set.IsShared)];
        WriteSets(console, comparison, "Shared", shared, top, "the strongest of the sets that all list");
        ComparedSet[] differing = [.. comparison.Sets.Where(set => set.Spread > 0).OrderByDescending(set => set.Spread)];
        WriteSets(console, comparison, "Differing", differing, top, "the sets whose strengths are farthest apart");
        ComparedSet[] alone = [.. comparison.Sets.Where(set => set.Strengths.Any(strength => strength is null))];
        WriteSets(console, comparison, "Not in all", alone, top, "sets with a feature that not all have");
        WriteEnergy(console, comparison);
    }

    private static void WriteResult(IAnsiConsole console, ComparedResult one)
    {
        Explanation explanation = one.Result.Explanation;
        ExplanationRun run = explanation.Run;
        string Line(string text) => PlainText.CutMiddle(PlainText.OneLine(text), Columns - 4);
        console.MarkupLineInterpolated($"[bold]{one.Letter}[/]  {Line(one.Name)}");
        console.WriteLine($"   {Line(one.Result.Subject.Title)}");
        console.WriteLine($"   {Line(one.Result.Subject.Value)}");
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"   {run.Method}, {run.Ablations:N0} ablations; output {explanation.Output.Value:G5}, baseline {explanation.Baseline.Value:G5}"));
        console.WriteLine($"   {explanation.Faithfulness}");
    }

    private static void WriteAgreements(IAnsiConsole console, Comparison comparison, int top)
    {
        for (int second = 1; second < comparison.Results.Count; second++)
        {
            for (int first = 0; first < second; first++)
            {
                Agreement agreement = comparison.AgreementOf(first, second, top);
                console.MarkupLine($"[bold]{comparison.Results[first].Letter} and {comparison.Results[second].Letter}[/]: {agreement.Shared} of the {agreement.Top} strongest are shared, {agreement.SameSign} of these with the same sign");
                console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"   rank correlation {Correlation(agreement.TopCorrelation)} (the strongest of either), {Correlation(agreement.Correlation)} (all {agreement.Sets:N0} sets)"));
            }
        }
    }

    private static void WriteSets(IAnsiConsole console, Comparison comparison, string head, ComparedSet[] sets, int top, string what)
    {
        if (sets.Length == 0)
        {
            if (head != "Not in all")
            {
                console.WriteLine();
                console.MarkupLine($"[bold]{head}[/]: none");
            }

            return;
        }

        ComparedSet[] rows = [.. sets.Take(top)];
        StrengthFormat numbers = new(rows.Max(set => set.Largest));
        string Number(double? strength) => strength is not { } known ? "–" : known == 0 ? "·" : numbers.Of(known);
        int width = rows.Max(set => set.Strengths.Max(strength => Number(strength).Length));
        int nameCells = Math.Max(LeastNameCells, Math.Min(Columns, console.Profile.Width) - 2 - (comparison.Results.Count * (width + 2)));
        string[] labels = Labels(comparison, rows, nameCells);
        nameCells = labels.Max(Cells);
        string rest = sets.Length > rows.Length ? string.Create(CultureInfo.InvariantCulture, $"; {sets.Length - rows.Length:N0} others are not listed") : "";
        console.WriteLine();
        console.MarkupLine($"[bold]{head}[/] [grey]({what}{rest})[/]");
        console.MarkupLine($"  {new string(' ', nameCells)}{string.Concat(comparison.Results.Select(one => $"  [bold]{one.Letter.PadLeft(width)}[/]"))}");
        for (int row = 0; row < rows.Length; row++)
        {
            string cells = string.Concat(rows[row].Strengths.Select(strength => strength is not { } known || known == 0
                ? $"  {Number(strength).PadLeft(width)}"
                : $"  [{EffectColours.ConsoleName(known)}]{numbers.Of(known).PadLeft(width)}[/]"));
            console.MarkupLine($"  {Markup.Escape(labels[row])}{new string(' ', nameCells - Cells(labels[row]))}{cells}");
        }
    }

    private static string[] Labels(Comparison comparison, ComparedSet[] rows, int cells)
    {
        string[] labels = [];
        foreach (int length in NameLengths)
        {
            FeatureLabels names = new(comparison.FeatureNames, length);
            labels = [.. rows.Select(row => names.Of(row.Set))];
            if (labels.Max(Cells) <= cells)
            {
                break;
            }
        }

        return labels;
    }

    private static void WriteEnergy(IAnsiConsole console, Comparison comparison)
    {
        IReadOnlyList<EnergyByOrder>[] energies = [.. comparison.Results.Select(one => EnergyByOrder.Of(one.Result.Explanation.Spectrum))];
        console.WriteLine();
        console.MarkupLine("[bold]Energy[/] [grey](share of the variance on random masks, by the size of sets)[/]");
        console.MarkupLine($"  size{string.Concat(comparison.Results.Select(one => $"  [bold]{one.Letter,7}[/]"))}");
        for (int order = 1; order <= energies.Max(energy => energy.Count); order++)
        {
            console.WriteLine($"  {order,4}{string.Concat(energies.Select(energy => "  " + (order <= energy.Count ? (100 * energy[order - 1].Share).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "·").PadLeft(7)))}");
        }
    }

    private static string Correlation(double? correlation) => correlation is { } known ? known.ToString("0.00", CultureInfo.InvariantCulture) : "undefined";

    private static int Cells(string text) => new Segment(text).CellCount();
}
