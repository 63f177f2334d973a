using System.Globalization;

namespace Spex.Core.Tables;

/// <summary>What takes the place of a row's columns that are absent: one row or several, over whose values a model's output is averaged.</summary>
public sealed class TableBackground
{
    private const int MostShown = 3;

    private TableBackground(double[][] rows, double[] weights, string[] descriptions)
    {
        Rows = rows;
        Weights = weights;
        Descriptions = descriptions;
    }

    /// <summary>The rows, each with one number a column.</summary>
    public IReadOnlyList<double[]> Rows { get; }

    /// <summary>What each row counts; they add up to 1.</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>For each column, what stands there, for people.</summary>
    public IReadOnlyList<string> Descriptions { get; }

    /// <summary>The mean of each column; of a categorical one the most frequent category, the first in ordinal order where several are.</summary>
    public static TableBackground Mean(Table table) => Single(table, static column => column.Average());

    /// <summary>The median of each column, the mean of the middle two where their number is even; of a categorical one the most frequent category.</summary>
    public static TableBackground Median(Table table) => Single(table, static column =>
    {
        double[] sorted = [.. column.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    });

    /// <summary>k rows of the table that lie in the middle of k clusters (<see cref="KMedoids"/>), each weighted by its cluster's share of all rows.</summary>
    /// <exception cref="SpexInputException">k is not from 1 to the number of rows.</exception>
    public static TableBackground Medoids(Table table, int k)
    {
        ArgumentNullException.ThrowIfNull(table);
        (int[] medoids, double[] weights) = KMedoids.Find(table, k);
        double[][] rows = [.. medoids.Select(row => table.BackgroundRows.Span[row])];
        return new TableBackground(rows, weights, [.. Enumerable.Range(0, table.Columns.Count).Select(column => Describe(table.Columns[column], [.. rows.Select(row => row[column])]))]);
    }

    private static TableBackground Single(Table table, Func<IEnumerable<double>, double> middle)
    {
        ArgumentNullException.ThrowIfNull(table);
        double[][] rows = table.BackgroundRows.ToArray();
        double[] values = [.. table.Columns.Select((column, index) =>
        {
            IEnumerable<double> numbers = rows.Select(row => row[index]);
            return column.IsCategorical ? numbers.GroupBy(number => number).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First().Key : middle(numbers);
        })];
        return new TableBackground([values], [1], [.. values.Select((value, column) => Describe(table.Columns[column], [value]))]);
    }

    private static string Describe(TableColumn column, double[] values)
    {
        double[] distinct = [.. values.Distinct().Order()];
        string Show(double value) => column is { Categories: { } categories, Codes: { } codes }
            ? categories[codes.ToList().IndexOf(value)]
            : value.ToString("G6", CultureInfo.InvariantCulture);
        return distinct.Length <= MostShown
            ? string.Join(", ", distinct.Select(Show))
            : column.IsCategorical ? $"{distinct.Length} of {column.Categories!.Count} categories" : $"{Show(distinct[0])} to {Show(distinct[^1])}";
    }
}
