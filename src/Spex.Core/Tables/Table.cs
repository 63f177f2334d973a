using System.Globalization;
using Spex.Core.Formats;

namespace Spex.Core.Tables;

/// <summary>Rows of numbers and categories from CSV files whose first record names the columns.</summary>
/// <remarks>
/// A column holds numbers, unless it is said to be categorical. A category's number, for models, is itself where all of the column's categories are numbers; otherwise its place among them in ordinal order, from 0, as
/// scikit-learn's OrdinalEncoder has it. Spaces around a cell do not count.
/// </remarks>
public sealed class Table
{
    private readonly string[][] _cells;
    private readonly double[][] _rows;

    private Table(string name, TableColumn[] columns, string[][] cells, double[][] rows, int backgroundStart)
    {
        Name = name;
        Columns = columns;
        _cells = cells;
        _rows = rows;
        BackgroundRows = rows.AsMemory(backgroundStart);
        RowCount = backgroundStart == 0 ? rows.Length : backgroundStart;
    }

    /// <summary>The file with the rows that are explained.</summary>
    public string Name { get; }

    /// <summary>The columns that are features, in the file's order; those that are left out are not among them.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Rows of the file with the rows that are explained.</summary>
    public int RowCount { get; }

    /// <summary>The rows to take a background from, each with one number a column.</summary>
    public ReadOnlyMemory<double[]> BackgroundRows { get; }

    /// <summary>Reads a file, and perhaps another one for the background.</summary>
    /// <param name="path">The rows to explain.</param>
    /// <param name="leftOut">Columns that are no features: what the model predicts, and numbers of rows.</param>
    /// <param name="categorical">Columns that hold categories.</param>
    /// <param name="backgroundPath">A file with the same columns to take the background from; null for the same file.</param>
    /// <exception cref="SpexInputException">A file cannot be read, has no rows, a name is missing or not there, a row has another number of cells, or a cell is no number.</exception>
    public static Table Read(string path, IReadOnlyCollection<string>? leftOut = null, IReadOnlyCollection<string>? categorical = null, string? backgroundPath = null)
    {
        (string[] header, List<string[]> rows) = ReadCells(path);
        int backgroundStart = 0;
        List<(string File, int Row)> places = [.. Enumerable.Range(1, rows.Count).Select(row => (path, row))];
        CheckNames(path, header, leftOut ?? [], categorical ?? []);
        if (backgroundPath is not null)
        {
            (string[] otherHeader, List<string[]> others) = ReadCells(backgroundPath);
            int[] order = [.. header.Select(name => Array.IndexOf(otherHeader, name))];
            int needed = Array.FindIndex(header, name => !(leftOut ?? []).Contains(name) && !otherHeader.Contains(name));
            if (needed >= 0)
            {
                throw new SpexInputException($"{backgroundPath} has no column {header[needed]}, which {path} has; the background needs the same columns.");
            }

            backgroundStart = rows.Count;
            rows.AddRange(others.Select(cells => order.Select(at => at < 0 ? "" : cells[at]).ToArray()));
            places.AddRange(Enumerable.Range(1, others.Count).Select(row => (backgroundPath, row)));
        }

        int[] kept = [.. Enumerable.Range(0, header.Length).Where(column => !(leftOut ?? []).Contains(header[column]))];
        if (kept.Length == 0)
        {
            throw new SpexInputException($"{path} has no column left to explain: all of its {header.Length} are left out.");
        }

        double[][] numbers = [.. rows.Select(_ => new double[kept.Length])];
        TableColumn[] columns = new TableColumn[kept.Length];
        for (int column = 0; column < kept.Length; column++)
        {
            string name = header[kept[column]];
            string[] cells = [.. rows.Select(row => row[kept[column]])];
            columns[column] = (categorical ?? []).Contains(name) ? Categories(name, cells) : new TableColumn(name, null, null);
            for (int row = 0; row < cells.Length; row++)
            {
                numbers[row][column] = columns[column] is { Categories: { } categories, Codes: { } codes }
                    ? codes[IndexOf(categories, cells[row])]
                    : Number(cells[row], places[row], name);
            }
        }

        return new Table(path, columns, [.. rows.Select(row => kept.Select(column => row[column]).ToArray())], numbers, backgroundStart);
    }

    /// <summary>The numbers of a row, one a column.</summary>
    /// <param name="row">From 1: the first row below the header.</param>
    /// <exception cref="SpexInputException">There is no such row.</exception>
    public double[] Row(int row) => _rows[Check(row)];

    /// <summary>The cells of a row as they stand in the file.</summary>
    /// <param name="row">From 1: the first row below the header.</param>
    /// <exception cref="SpexInputException">There is no such row.</exception>
    public IReadOnlyList<string> Cells(int row) => _cells[Check(row)];

    private int Check(int row) => row >= 1 && row <= RowCount
        ? row - 1
        : throw new SpexInputException($"{Name} has no row {row}; it has {RowCount} rows below its header, counted from 1.");

    private static (string[] Header, List<string[]> Rows) ReadCells(string path)
    {
        IReadOnlyList<CsvRecord> records = CsvFile.Read(path);
        if (records.Count < 2)
        {
            throw new SpexInputException($"{path} has {(records.Count == 0 ? "nothing in it" : "a header and no rows")}; a table has names in its first line and rows below.");
        }

        string[] header = [.. records[0].Fields.Select(field => field.Trim())];
        int unnamed = Array.IndexOf(header, "");
        if (unnamed >= 0)
        {
            throw new SpexInputException($"{path}: column {unnamed + 1} has no name in the first line; each column needs one.");
        }

        if (header.GroupBy(name => name).FirstOrDefault(group => group.Skip(1).Any()) is { } repeated)
        {
            throw new SpexInputException($"{path}: two columns are named {repeated.Key}; each column needs a name of its own.");
        }

        CsvRecord? odd = records.FirstOrDefault(record => record.Fields.Count != header.Length);
        return odd is null
            ? (header, [.. records.Skip(1).Select(record => record.Fields.Select(field => field.Trim()).ToArray())])
            : throw new SpexInputException($"{path}, line {odd.Line}: {odd.Fields.Count} cells; the header names {header.Length} columns.");
    }

    private static void CheckNames(string path, string[] header, params IReadOnlyCollection<string>[] lists)
    {
        if (lists.SelectMany(list => list).FirstOrDefault(name => !header.Contains(name)) is { } unknown)
        {
            throw new SpexInputException($"{path} has no column {unknown}; its columns are {string.Join(", ", header)}.");
        }
    }

    private static TableColumn Categories(string name, string[] cells)
    {
        string[] categories = [.. cells.Distinct().Order(StringComparer.Ordinal)];
        double[] numbers = new double[categories.Length];
        bool areNumbers = true;
        for (int i = 0; i < categories.Length; i++)
        {
            areNumbers &= TryNumber(categories[i], out numbers[i]);
        }

        return new TableColumn(name, categories, areNumbers ? numbers : [.. Enumerable.Range(0, categories.Length).Select(code => (double)code)]);
    }

    private static int IndexOf(IReadOnlyList<string> categories, string cell) => Array.BinarySearch((string[])categories, cell, StringComparer.Ordinal);

    private static bool TryNumber(string cell, out double number) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static double Number(string cell, (string File, int Row) place, string column) => TryNumber(cell, out double number)
        ? number
        : throw new SpexInputException(
            $"{place.File}, row {place.Row}, column {column}: {(cell.Length == 0 ? "the cell is empty" : $"\"{cell}\" is no number")}. Give a number, or say that the column is categorical, or leave the column out.");
}
