using System.Globalization;
using Spectre.Console;
using Spex.Engine.Benchmarking;

namespace Spex.Reports;

/// <summary>The table of a benchmark: each cell, why those that are missing did not run, then each method's mean at each number of ablations.</summary>
public static class BenchmarkReport
{
    /// <summary>Writes the table.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<BenchmarkCell> cells)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(cells);
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumns("function", "method", "ablations", "R²", "95 % interval", "Rem(1…)", "recall@10", "decode s");
        List<string> reasons = [];
        foreach (BenchmarkCell cell in cells)
        {
            if (cell.Skipped is { } reason && !reasons.Contains(reason))
            {
                reasons.Add(reason);
            }

            table.AddRow(new[]
            {
                cell.Subject, cell.Method, Say($"{cell.Budget}"), Say($"{cell.R2:0.000}"),
                cell.Skipped is null ? Say($"{cell.Lower:0.000} to {cell.Upper:0.000}") : Say($"skipped ({reasons.IndexOf(cell.Skipped) + 1})"),
                string.Join(' ', cell.Removal.Select(rem => Say($"{rem:0.00}"))) + (cell.UnprovenRemovals > 0 ? $" ({cell.UnprovenRemovals} not proven)" : ""),
                Say($"{cell.Recall:0.0}"), cell.Skipped is null ? Say($"{cell.DecodeSeconds:0.000}") : "",
            }.Select(text => new Markup(Markup.Escape(text))));
        }

        console.Write(table);
        for (int i = 0; i < reasons.Count; i++)
        {
            console.WriteLine(Say($"  ({i + 1}) {reasons[i]}"));
        }

        console.WriteLine("Mean R² over functions and seeds");
        foreach (MethodCurve curve in MethodCurve.Of(cells))
        {
            console.WriteLine(Say($"  {curve.Method,-18}{string.Join("   ", curve.Points.Select(point => Say($"{point.Budget}: {point.R2:0.000}{(point.Functions < curve.MostFunctions ? Say($" ({point.Functions} functions)") : "")}")))}"));
        }
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
