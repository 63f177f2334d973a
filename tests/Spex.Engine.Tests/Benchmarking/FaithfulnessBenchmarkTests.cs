using Spex.Core;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Benchmarking;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Benchmarking;

public sealed class FaithfulnessBenchmarkTests : IDisposable
{
    private readonly CpuDevice _cpu = new();

    public void Dispose() => _cpu.Dispose();

    [Fact]
    public void A_method_that_finds_everything_gets_it_all()
    {
        BenchmarkCell cell = new FaithfulnessBenchmark(_cpu, 200, 3).Run(Subject(0), "auto", 400, 1, TestContext.Current.CancellationToken);
        Assert.Null(cell.Skipped);
        Assert.Equal(1, cell.R2!.Value, 1e-6);
        Assert.Equal(1, cell.Recall);
        Assert.Equal((400L, 204L), (cell.Ablations, cell.FurtherAblations));

        Assert.Equal(3, cell.Removal.Count);
        Assert.All(cell.Removal, rem => Assert.True(rem > 0));
        Assert.True(cell.Removal[1] >= cell.Removal[0]);
        Assert.Equal(0, cell.UnprovenRemovals);
    }

    /// <summary>A noisy game is judged by its noiseless form, so that a right spectrum is not blamed for the noise.</summary>
    [Fact]
    public void Noise_does_not_count_against_a_method()
    {
        BenchmarkCell cell = new FaithfulnessBenchmark(_cpu, 300, 0).Run(Subject(2), "auto", 1000, 1, TestContext.Current.CancellationToken);
        Assert.InRange(cell.R2!.Value, 0.95, 1);
        Assert.Empty(cell.Removal);
    }

    [Fact]
    public void What_cannot_run_is_a_cell_with_the_reason()
    {
        BenchmarkCell cell = new FaithfulnessBenchmark(_cpu).Run(Subject(0), "spex", 20, 0, TestContext.Current.CancellationToken);
        Assert.Contains("needs at least", cell.Skipped, StringComparison.Ordinal);
        Assert.Null(cell.R2);
    }

    /// <summary>The order is part of the method: pairs are found by order 2 and not by order 1.</summary>
    [Theory]
    [InlineData("lasso")]
    [InlineData("faith-banzhaf")]
    public void An_order_follows_a_colon(string name)
    {
        FaithfulnessBenchmark benchmark = new(_cpu, 300, 0);
        double singles = benchmark.Run(Subject(0), $"{name}:1", 1200, 1, TestContext.Current.CancellationToken).R2!.Value;
        BenchmarkCell pairs = benchmark.Run(Subject(0), $"{name}:2", 1200, 1, TestContext.Current.CancellationToken);
        Assert.InRange(singles, 0.4, 0.7);
        Assert.InRange(pairs.R2!.Value, 0.99, 1);
        Assert.False(pairs.IsSameRun(benchmark.CellOf(Subject(0), name, 1200, 1)));
    }

    [Theory]
    [InlineData("lasso:3", "The order of lasso is 1 to 2; got 3.")]
    [InlineData("stii:x", "The order of stii is 1 to 4; got x.")]
    [InlineData("lime:1", "The method lime has no order; those that have one are lasso, faith-banzhaf, faith-shap, stii.")]
    [InlineData("magic", "There is no method \"magic\"")]
    public void Wrong_methods_are_refused(string method, string message) =>
        Assert.StartsWith(message, Assert.Throws<SpexInputException>(() => BenchmarkMethod.Parse(method)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_usual_methods_are_all_that_there_are()
    {
        Assert.All(BenchmarkMethod.Usual, method => BenchmarkMethod.Parse(method));
        Assert.Equal(ExplanationMethods.Names.Except(["exact"]), BenchmarkMethod.Usual.Select(method => BenchmarkMethod.Parse(method).Name).Distinct());
    }

    [Fact]
    public void Cells_of_the_same_run_are_known_again()
    {
        FaithfulnessBenchmark benchmark = new(_cpu, 100, 0);
        BenchmarkCell ran = benchmark.Run(Subject(0), "lime", 100, 3, TestContext.Current.CancellationToken);
        Assert.True(ran.IsSameRun(benchmark.CellOf(Subject(0), "lime", 100, 3)));
        Assert.False(ran.IsSameRun(benchmark.CellOf(Subject(0), "lime", 100, 4)));
        Assert.False(ran.IsSameRun(benchmark.CellOf(Subject(1), "lime", 100, 3)));
        using IlgpuDevice other = IlgpuDevice.OpenSimulator();
        Assert.False(ran.IsSameRun(new FaithfulnessBenchmark(other, 100, 0).CellOf(Subject(0), "lime", 100, 3)));
    }

    private static BenchmarkSubject Subject(double noise)
    {
        SparseGame game = new(
            25,
            SparseBasis.Fourier,
            [new(new FeatureSet(0), 4), new(new FeatureSet(1, 2), -3), new(new FeatureSet(3, 4), 2), new(new FeatureSet(5), 1)],
            noise,
            7);
        return new BenchmarkSubject("game", new GameValueFunction(game), game);
    }
}
