using System.Globalization;
using Spectre.Console;

namespace Spex.Reports;

/// <summary>For a terminal: the sets of heads that were found, and how the model answers with them.</summary>
public static class PruningReport
{
    /// <summary>Writes a table of the sets, and which heads the second of them, the spectrum's, leaves out.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="rows">The sets; the first one has all heads.</param>
    /// <param name="heads">The head that each feature is.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<PruningRow> rows, IReadOnlyList<HeadPosition> heads)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(heads);
        bool heldOut = rows.Any(row => row.Accuracy is not null);
        Table table = new Table().Border(TableBorder.None).AddColumn("heads kept");
        foreach (string column in heldOut ? (string[])["number", "predicted", "value", "held-out accuracy", "held-out margin"] : ["number", "predicted", "value"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (PruningRow row in rows)
        {
            string[] cells = [row.Set.Name, Text(row.Set.Kept.Count, "0"), Text(row.Set.Predicted, "0.0000"), Text(row.Set.Value, "0.0000")];
            table.AddRow(heldOut ? [.. cells, Text(row.Accuracy, "0.0 %"), Text(row.Margin, "0.0000")] : cells);
        }

        console.Write(table);
        foreach (PruningRow row in rows.Where(row => row.Set.Predicted is not null))
        {
            string proof = row.Set.Gap > 0
                ? string.Create(CultureInfo.InvariantCulture, $"another set could be predicted higher by {row.Set.Gap:0.0000} at most")
                : "proven: no other set of the size is predicted higher";
            console.WriteLine();
            console.WriteLine($"{row.Set.Name} ({proof}) leaves out {LeftOut(row, heads)}");
        }
    }

    /// <summary>Layer by layer: "layer 2: heads 0, 3; layer 4: head 1".</summary>
    private static string LeftOut(PruningRow row, IReadOnlyList<HeadPosition> heads) => string.Join("; ", Enumerable.Range(0, heads.Count)
        .Where(feature => !row.Set.Kept.Contains(feature))
        .GroupBy(feature => heads[feature].Layer, feature => heads[feature].Head)
        .OrderBy(layer => layer.Key)
        .Select(layer => $"layer {layer.Key}: {(layer.Count() == 1 ? "head" : "heads")} {string.Join(", ", layer.Order())}"));

    private static string Text(double? number, string format) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
