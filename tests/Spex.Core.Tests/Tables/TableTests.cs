using Spex.Core.Tables;
using Spex.Core.Tests.Formats;

namespace Spex.Core.Tests.Tables;

public sealed class TableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_are_named_by_the_header_and_those_left_out_are_no_features()
    {
        Table table = Read("id,height, weight,\"class, true\"\n1,1.5,-2e3,yes\n2,2.5,0,no\n", ["id"], ["class, true"]);
        Assert.Equal(["height", "weight", "class, true"], table.Columns.Select(column => column.Name));
        Assert.Equal([1.5, -2000, 1], table.Row(1));
        Assert.Equal([2.5, 0, 0], table.Row(2));
        Assert.Equal(["2.5", "0", "no"], table.Cells(2));
        Assert.Equal(2, table.RowCount);
    }

    [Fact]
    public void Categories_are_their_own_numbers_or_their_place_in_order()
    {
        Table table = Read("a,b,c\n10,red,1\n2,blue,1\n10,Blue,1\n", [], ["a", "b"]);
        Assert.Equal([10, 2, 1], table.Row(1));
        Assert.Equal([2, 1, 1], table.Row(2));
        Assert.Equal([10, 0, 1], table.Row(3));
        Assert.Equal(["Blue", "blue", "red"], table.Columns[1].Categories!);
    }

    [Fact]
    public void Means_medians_and_most_frequent_categories()
    {
        Table table = Read("x,kind\n1,b\n2,a\n9,b\n4,a\n", [], ["kind"]);
        TableBackground mean = TableBackground.Mean(table), median = TableBackground.Median(table);
        Assert.Equal([4, 0], mean.Rows.Single());
        Assert.Equal([3, 0], median.Rows.Single());
        Assert.Equal(["4", "a"], mean.Descriptions);
        Assert.Equal([1.0], mean.Weights);
    }

    [Fact]
    public void Another_file_gives_the_background_whatever_the_order_of_its_columns()
    {
        string background = _folder.Write("b.csv", "kind,x\nb,7\nc,9\n");
        Table table = Table.Read(_folder.Write("a.csv", "x,kind,y\n1,a,5\n"), ["y"], ["kind"], background);
        Assert.Equal(1, table.RowCount);
        Assert.Equal([1, 0], table.Row(1));
        Assert.Equal([8, 1], TableBackground.Mean(table).Rows.Single());
    }

    [Theory]
    [InlineData("", "has nothing in it")]
    [InlineData("a,b\n", "has a header and no rows")]
    [InlineData("a,,c\n1,2,3\n", "column 2 has no name")]
    [InlineData("a,b,a\n1,2,3\n", "two columns are named a")]
    [InlineData("a,b\n1,2\n3\n", "line 3: 1 cells; the header names 2 columns")]
    [InlineData("a,b\n1,2\n3,x\n", "row 2, column b: \"x\" is no number")]
    [InlineData("a,b\n1,\n3,4\n", "row 1, column b: the cell is empty")]
    [InlineData("a,b\n1,NaN\n3,4\n", "\"NaN\" is no number")]
    public void What_is_wrong_with_a_table_is_told(string content, string expected) =>
        Assert.Contains(expected, Assert.Throws<SpexInputException>(() => Read(content)).Message);

    [Fact]
    public void Rows_and_columns_that_are_not_there_are_told()
    {
        Table table = Read("a,b\n1,2\n3,4\n");
        Assert.Contains("has no row 3; it has 2 rows", Assert.Throws<SpexInputException>(() => table.Row(3)).Message);
        Assert.Contains("has no row 0", Assert.Throws<SpexInputException>(() => table.Cells(0)).Message);
        Assert.Contains("has no column z; its columns are a, b", Assert.Throws<SpexInputException>(() => Read("a,b\n1,2\n", ["z"])).Message);
        Assert.Contains("has no column q", Assert.Throws<SpexInputException>(() => Read("a,b\n1,2\n", [], ["q"])).Message);
        Assert.Contains("no column left", Assert.Throws<SpexInputException>(() => Read("a,b\n1,2\n", ["a", "b"])).Message);
        Assert.Contains("has no column b, which", Assert.Throws<SpexInputException>(() => Table.Read(_folder["t.csv"], null, null, _folder.Write("o.csv", "a\n1\n"))).Message);
    }

    private Table Read(string content, string[]? leftOut = null, string[]? categorical = null) => Table.Read(_folder.Write("t.csv", content), leftOut, categorical);
}
