using System.Xml.Linq;
using Spex.Core;
using Spex.Engine.Benchmarking;

namespace Spex.Reports.Tests;

public sealed class BenchmarkFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("spex").FullName, "cells.jsonl");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, true);

    [Fact]
    public void Cells_are_read_back_and_a_torn_last_line_is_dropped()
    {
        BenchmarkCell one = Cell("a <b> & \"c\"", "auto", 500, 0.9), two = Cell("x", "spex", 500, null) with { Skipped = "too few", R2 = null, Lower = null, Upper = null };
        Assert.Empty(BenchmarkFile.Read(_path));
        BenchmarkFile.Append(_path, one);
        BenchmarkFile.Append(_path, two);
        File.AppendAllText(_path, "{\"subject\":\"cut");
        IReadOnlyList<BenchmarkCell> read = BenchmarkFile.Read(_path);
        Assert.Equal(2, read.Count);
        Assert.True(read[0].IsSameRun(one));
        Assert.Equal((0.9, "too few"), (read[0].R2, read[1].Skipped));
        Assert.Equal(one.Removal, read[0].Removal);
        BenchmarkFile.Append(_path, one);
        Assert.Equal(3, BenchmarkFile.Read(_path).Count);
    }

    [Fact]
    public void A_cell_that_names_no_device_is_the_processors()
    {
        BenchmarkFile.Append(_path, Cell("x", "lime", 500, 0.5) with { Device = "cuda:1" });
        Assert.Equal("cuda:1", Assert.Single(BenchmarkFile.Read(_path)).Device);
        File.WriteAllText(_path, File.ReadAllText(_path).Replace(",\"device\":\"cuda:1\"", "", StringComparison.Ordinal));
        Assert.Equal("cpu", Assert.Single(BenchmarkFile.Read(_path)).Device);
    }

    [Fact]
    public void A_line_that_is_no_cell_is_named()
    {
        File.WriteAllText(_path, "nonsense\n");
        Assert.Contains("line 1: no cell of a benchmark", Assert.Throws<SpexInputException>(() => BenchmarkFile.Read(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_figure_is_well_formed_and_names_every_method_that_ran()
    {
        BenchmarkCell[] cells =
        [
            Cell("f", "spex", 500, 0.3), Cell("f", "spex", 2000, 0.8), Cell("f", "<auto>", 500, 0.85), Cell("f", "<auto>", 2000, 0.97), Cell("f", "lime", 500, -2),
            Cell("f", "stii", 500, null) with { Skipped = "no", R2 = null, Lower = null, Upper = null },
        ];
        XDocument figure = XDocument.Parse(FaithfulnessFigure.Draw(cells));
        string[] texts = [.. figure.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value)];
        Assert.Contains("spex 0.80", texts);
        Assert.Contains("<auto> 0.97", texts);
        Assert.Contains("lime -2.00", texts);
        Assert.DoesNotContain(texts, text => text.StartsWith("stii", StringComparison.Ordinal));
        Assert.Contains("4× fewer (<auto>)", texts);
        XDocument.Parse(FaithfulnessFigure.Draw([]));
    }

    private static BenchmarkCell Cell(string subject, string method, long budget, double? r2) =>
        new(subject, "print", method, budget, 0, 100) { R2 = r2, Lower = r2 - 0.05, Upper = r2 + 0.05, Removal = [0.5, double.NaN], Ablations = budget, DecodeSeconds = 0.1 };
}
