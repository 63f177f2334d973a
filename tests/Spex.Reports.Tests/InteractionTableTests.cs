using System.Globalization;
using Parquet;
using Parquet.Schema;
using Spex.Core.Interactions;
using Spex.Reports.Tests.Figures;

namespace Spex.Reports.Tests;

public sealed class InteractionTableTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void Csv_has_a_row_a_set_and_numbers_that_are_read_back_equal()
    {
        Result result = Results.Hostile();
        InteractionTable.WriteCsv(PathOf("a.csv"), result.Subject, result.Explanation);
        List<string[]> rows = Parse(File.ReadAllText(PathOf("a.csv")));
        Assert.Equal(["features", "names", "order", "strength", "lower", "upper", "index"], rows[0]);
        IReadOnlyList<Interaction> interactions = result.Explanation.Interactions.Interactions;
        Assert.Equal(interactions.Count + 1, rows.Count);
        for (int i = 0; i < interactions.Count; i++)
        {
            (Core.Spectra.FeatureSet set, double strength) = interactions[i];
            string[] row = rows[i + 1];
            Assert.Equal(string.Join(' ', set), row[0]);
            Assert.Equal(string.Join(" × ", set.Select(feature => Written(result.Subject.FeatureNames![feature]))), row[1]);
            Assert.Equal($"{set.Count}", row[2]);
            Assert.Equal(strength, double.Parse(row[3], CultureInfo.InvariantCulture));
            Assert.Equal(set.Count == 0 ? "" : result.Explanation.Intervals![set].Lower.ToString("R", CultureInfo.InvariantCulture), row[4]);
            Assert.Equal("FBII", row[6]);
        }
    }

    [Fact]
    public async Task Parquet_is_read_back_equal()
    {
        Result result = Results.Hostile();
        InteractionTable.WriteParquet(PathOf("a.parquet"), result.Subject, result.Explanation);
        IReadOnlyList<Interaction> interactions = result.Explanation.Interactions.Interactions;
        await using ParquetReader reader = await ParquetReader.CreateAsync(PathOf("a.parquet"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["features", "names", "order", "strength", "lower", "upper", "index"], reader.Schema.Fields.Select(field => field.Name));
        DataField[] fields = reader.Schema.GetDataFields();
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(0);
        Assert.Equal(interactions.Count, group.RowCount);
        // Buffers have room for one value more: the empty set's list, which holds none.
        int[] features = new int[interactions.Sum(row => row.Set.Count) + 1], definitions = new int[features.Length], repetitions = new int[features.Length];
        await group.ReadRawAsync<int>(fields[0], features, definitions, repetitions, TestContext.Current.CancellationToken);
        Assert.Equal(interactions.SelectMany(row => row.Set), features[..^1]);
        Assert.Equal([1, .. features[..^1].Select(_ => 2)], definitions);
        Assert.Equal([0, .. interactions.Skip(1).SelectMany(row => row.Set.Select((_, i) => i == 0 ? 0 : 1))], repetitions);
        ReadOnlyMemory<char>[] names = new ReadOnlyMemory<char>[features.Length];
        await group.ReadRawAsync<ReadOnlyMemory<char>>(fields[1], names, definitions, repetitions, TestContext.Current.CancellationToken);
        Assert.Equal(features[..^1].Select(feature => Written(result.Subject.FeatureNames![feature])), names[..^1].Select(name => name.ToString()));
        double[] strengths = new double[interactions.Count];
        await group.ReadAsync<double>(fields[3], strengths, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(interactions.Select(row => row.Strength), strengths);
        double?[] lower = new double?[interactions.Count];
        await group.ReadAsync<double>(fields[4], lower, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(interactions.Select(row => row.Set.Count == 0 ? (double?)null : result.Explanation.Intervals![row.Set].Lower), lower);
    }

    [Fact]
    public void Without_names_and_intervals_their_places_are_numbers_and_empty()
    {
        Result result = Results.Sentence();
        InteractionTable.WriteCsv(PathOf("b.csv"), result.Subject with { FeatureNames = null }, result.Explanation);
        Assert.Contains("\r\n1 2,1 × 2,2,", File.ReadAllText(PathOf("b.csv")));
        Assert.Contains(",,,FBII\r\n", File.ReadAllText(PathOf("b.csv")));
        InteractionTable.WriteParquet(PathOf("b.parquet"), result.Subject with { FeatureNames = null }, result.Explanation);
        Assert.Equal("PAR1"u8.ToArray(), File.ReadAllBytes(PathOf("b.parquet"))[..4]);
    }

    // UTF-8 has no halves of characters.
    private static string Written(string name) => name.Replace('\ud800', '\ufffd');

    // RFC 4180, as short as a test needs it.
    private static List<string[]> Parse(string text)
    {
        List<string[]> rows = [];
        List<string> row = [];
        System.Text.StringBuilder field = new();
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && quoted && i + 1 < text.Length && text[i + 1] == '"')
            {
                field.Append(text[i++]);
            }
            else if (text[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && text[i] is ',' or '\n' && !quoted)
            {
                row.Add(field.ToString().TrimEnd('\r'));
                field.Clear();
                if (text[i] == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else
            {
                field.Append(text[i]);
            }
        }

        return rows;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
