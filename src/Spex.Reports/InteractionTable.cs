using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>The interactions as a table for other tools, CSV or Parquet: one row a set, by size and then by its features; the first is the empty set.</summary>
/// <remarks>
/// Columns: features (their numbers), names, order (how many), strength, lower and upper (the 95 % interval; without a value where none was asked for), index. In Parquet
/// features is a list of int32 and names a list of strings; in CSV (RFC 4180, UTF-8) both are joined by spaces and " × ", and numbers are written so that reading
/// them gives the same float64.
/// </remarks>
public static class InteractionTable
{
    private static readonly string[] Columns = ["features", "names", "order", "strength", "lower", "upper", "index"];

    /// <summary>Writes the table as CSV.</summary>
    /// <exception cref="Core.SpexException">The file cannot be written.</exception>
    public static void WriteCsv(string path, Subject subject, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        string index = explanation.Interactions.Index.Name();
        OutputFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\r\n" };
            writer.WriteLine(string.Join(',', Columns));
            foreach ((FeatureSet set, double strength) in explanation.Interactions.Interactions)
            {
                Interval? interval = IntervalOf(explanation, set);
                writer.WriteLine(string.Join(',', [
                    string.Join(' ', set), Quoted(string.Join(" × ", set.Select(feature => NameOf(subject, feature)))), Number(set.Count),
                    Number(strength), interval is null ? "" : Number(interval.Value.Lower), interval is null ? "" : Number(interval.Value.Upper), index]));
            }
        });
    }

    /// <summary>Writes the table as Parquet, compressed by Snappy.</summary>
    /// <exception cref="Core.SpexException">The file cannot be written.</exception>
    public static void WriteParquet(string path, Subject subject, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        OutputFile.Write(path, stream => WriteParquetAsync(stream, subject, explanation).GetAwaiter().GetResult());
    }

    private static async Task WriteParquetAsync(Stream stream, Subject subject, Explanation explanation)
    {
        IReadOnlyList<Interaction> rows = explanation.Interactions.Interactions;
        DataField<int> feature = new("element"), order = new("order");
        DataField<string> name = new("element"), index = new("index");
        DataField<double> strength = new("strength");
        DataField<double?> lower = new("lower"), upper = new("upper");
        ParquetSchema schema = new(new ListField("features", feature), new ListField("names", name), order, strength, lower, upper, index);
        Interval?[] intervals = [.. rows.Select(row => IntervalOf(explanation, row.Set))];

        // A value's repetition level is 0 where it begins a row; the empty set is a list that holds nothing: its place has a level but no value.
        int[] repetitions = [.. rows.SelectMany(row => Enumerable.Range(0, Math.Max(1, row.Set.Count)).Select(i => i == 0 ? 0 : 1))];
        int[] Definitions(DataField of) => [.. rows.SelectMany(row => Enumerable.Repeat(row.Set.Count == 0 ? 1 : of.MaxDefinitionLevel, Math.Max(1, row.Set.Count)))];
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream).ConfigureAwait(false);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        int[] features = [.. rows.SelectMany(row => row.Set)];
        ReadOnlyMemory<char>[] names = [.. features.Select(one => NameOf(subject, one).AsMemory())];
        await group.WriteAllPartsAsync<int>(feature, features, Definitions(feature), repetitions, CancellationToken.None).ConfigureAwait(false);
        await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(name, names, Definitions(name), repetitions, CancellationToken.None).ConfigureAwait(false);
        await group.WriteAsync<int>(order, rows.Select(row => row.Set.Count).ToArray()).ConfigureAwait(false);
        await group.WriteAsync<double>(strength, rows.Select(row => row.Strength).ToArray()).ConfigureAwait(false);
        await group.WriteAsync<double>(lower, intervals.Select(interval => interval?.Lower).ToArray()).ConfigureAwait(false);
        await group.WriteAsync<double>(upper, intervals.Select(interval => interval?.Upper).ToArray()).ConfigureAwait(false);
        await group.WriteAsync(index, rows.Select(_ => explanation.Interactions.Index.Name()).ToArray()).ConfigureAwait(false);
    }

    private static Interval? IntervalOf(Explanation explanation, FeatureSet set) =>
        set.Count > 0 && explanation.Intervals is { } intervals ? intervals[set] : null;

    private static string NameOf(Subject subject, int feature) => subject.FeatureNames?[feature] ?? Number(feature);

    private static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Quoted(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
