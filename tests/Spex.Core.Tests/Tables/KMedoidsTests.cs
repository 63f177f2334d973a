using Spex.Core.Tables;
using Spex.Core.Tests.Formats;

namespace Spex.Core.Tests.Tables;

public sealed class KMedoidsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(8, 1)]
    [InlineData(9, 2)]
    [InlineData(10, 3)]
    [InlineData(12, 4)]
    [InlineData(6, 6)]
    public void No_exchange_of_one_medoid_lowers_the_sum(int points, int k)
    {
        for (int repetition = 0; repetition < 20; repetition++)
        {
            (double X, double Y)[] places = [.. Enumerable.Range(0, points).Select(_ => (System.Random.Shared.NextDouble(), System.Random.Shared.NextDouble()))];
            double[][] distances = [.. places.Select(from => places.Select(to => Math.Abs(from.X - to.X) + Math.Abs(from.Y - to.Y)).ToArray())];
            int[] medoids = KMedoids.Search(distances, k);
            Assert.Equal(k, medoids.Distinct().Count());
            double Sum(IEnumerable<int> chosen) => Enumerable.Range(0, points).Sum(point => chosen.Min(medoid => distances[medoid][point]));
            double found = Sum(medoids);
            for (int m = 0; m < k; m++)
            {
                foreach (int other in Enumerable.Range(0, points).Except(medoids))
                {
                    Assert.True(Sum(medoids.Select((medoid, index) => index == m ? other : medoid)) >= found - 1e-9);
                }
            }
        }
    }

    [Fact]
    public void Clusters_give_a_row_each_and_their_shares()
    {
        // Three clusters of 5, 3 and 2 rows, far apart; the middle row of each is its medoid.
        double[] first = [0, 1, 2, 3, 4, 100, 101, 102, 200, 201];
        Table table = Table.Read(_folder.Write("t.csv", $"x,kind\n{string.Join('\n', first.Select(x => $"{x},{(x < 50 ? "a" : "b")}"))}\n"), null, ["kind"]);
        TableBackground background = TableBackground.Medoids(table, 3);
        Assert.Equal([2, 101, 200], background.Rows.Select(row => row[0]));
        Assert.Equal([0.5, 0.3, 0.2], background.Weights, (left, right) => Math.Abs(left - right) < 1e-12);
        Assert.Equal(["2, 101, 200", "a, b"], background.Descriptions);
    }

    [Fact]
    public void Of_many_rows_some_at_equal_steps_are_looked_at_and_all_count()
    {
        Table table = Table.Read(_folder.Write("t.csv", "x\n" + string.Join('\n', Enumerable.Range(0, 5000).Select(row => row < 4000 ? row % 7 : 1000 + (row % 7))) + "\n"));
        TableBackground background = TableBackground.Medoids(table, 2);
        Assert.Equal([3, 1003], background.Rows.Select(row => row[0]));
        Assert.Equal([0.8, 0.2], background.Weights, (left, right) => Math.Abs(left - right) < 1e-9);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void More_medoids_than_rows_are_refused(int k)
    {
        Table table = Table.Read(_folder.Write("t.csv", "x\n1\n2\n3\n"));
        Assert.Contains($"{k} medoids cannot be taken from 3 rows; give 1 to 3", Assert.Throws<SpexInputException>(() => TableBackground.Medoids(table, k)).Message);
    }
}
