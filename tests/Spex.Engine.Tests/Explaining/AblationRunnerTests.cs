using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

public class AblationRunnerTests
{
    private static readonly UniformDesign Design = new(20, 1, 2, 1000);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Values_stand_in_the_designs_order_whatever_the_batch_size(int batch)
    {
        using CpuDevice device = new(2);
        CountingFunction function = new(20);
        using AblationRunner runner = new(function, device, null, batch, null) { Total = 1000 };
        Assert.Equal(Expected(Design), runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal((1000, 0), (runner.Evaluated, runner.Reused));
        Assert.Equal(1000, function.Evaluated);
        Assert.All(function.Batches[..^1], size => Assert.Equal(batch, size));
        Assert.Empty(runner.PlanChanges);
    }

    [Fact]
    public void Known_masks_are_not_evaluated_again_and_new_ones_are_recorded()
    {
        using CpuDevice device = new(1);
        MemoryStore store = new(20);
        MaskMatrix known = Design.ToMatrix(100, 250);
        store.Append(known.Words, Expected(Design).AsSpan(100, 250));
        CountingFunction function = new(20);
        using AblationRunner runner = new(function, device, store, 64, null) { Total = 1000 };
        Assert.Equal(Expected(Design), runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal((750, 250), (runner.Evaluated, runner.Reused));
        Assert.Equal(750, function.Evaluated);
        Assert.Equal(1000, store.Count);

        using AblationRunner again = new(function, device, store, 64, null);
        Assert.Equal(Expected(Design), again.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal((0, 1000), (again.Evaluated, again.Reused));
        Assert.Equal(750, function.Evaluated);
    }

    [Fact]
    public void A_value_that_is_not_finite_ends_the_run_with_its_mask_and_what_was_paid_for_is_kept()
    {
        using CpuDevice device = new(1);
        MemoryStore store = new(20);
        CountingFunction function = new(20) { Spoil = (index, value) => index == 130 ? float.NaN : value };
        using AblationRunner runner = new(function, device, store, 100, null);
        SpexException error = Assert.Throws<SpexException>(() => runner.Run(Design, 1000, TestContext.Current.CancellationToken));
        MaskMatrix mask = Design.ToMatrix(130, 1);
        string present = string.Join(", ", Enumerable.Range(0, 20).Where(i => mask[0, i]));
        Assert.Equal(
            $"The value function gave NaN for mask 1130, which has {mask.CountPresent(0)} of 20 features present ({present}). "
            + "Values must be finite numbers. Try the function on this mask alone.",
            error.Message);
        Assert.Equal(199, store.Count);
        Assert.Equal(199, runner.Known().Sum(part => part.Values.Length));
    }

    [Fact]
    public void A_function_that_writes_too_few_values_is_told_so()
    {
        using CpuDevice device = new(1);
        CountingFunction function = new(20) { WriteAtMost = 5 };
        using AblationRunner runner = new(function, device, null, 10, null);
        SpexException error = Assert.Throws<SpexException>(() => runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.StartsWith("The value function gave NaN for mask 5,", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Running_out_of_memory_halves_the_batch_and_goes_on()
    {
        using CpuDevice device = new(1);
        CountingFunction function = new(20) { MostInABatch = 30 };
        using AblationRunner runner = new(function, device, null, 100, null);
        Assert.Equal(Expected(Design), runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal([new PlanChange(0, 50), new PlanChange(0, 25)], runner.PlanChanges);
        Assert.Equal(25, runner.BatchSize);
        Assert.Equal(1000, runner.Evaluated);
    }

    [Fact]
    public void No_memory_for_one_mask_is_an_error()
    {
        using CpuDevice device = new(1);
        using AblationRunner runner = new(new CountingFunction(20) { MostInABatch = 0 }, device, null, 100, null);
        SpexException error = Assert.Throws<SpexException>(() => runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.StartsWith("There is not enough memory on cpu to evaluate a single mask.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancelling_keeps_the_batches_that_were_done()
    {
        using CpuDevice device = new(1);
        using CancellationTokenSource cancel = new();
        MemoryStore store = new(20);
        CountingFunction function = new(20) { BeforeBatch = batch => { if (batch == 3) { cancel.Cancel(); } } };
        using AblationRunner runner = new(function, device, store, 100, null);
        Assert.Throws<OperationCanceledException>(() => runner.Run(Design, 0, cancel.Token));
        Assert.Equal(300, store.Count);
        Assert.Equal(300, runner.Known().Sum(part => part.Masks.RowCount));
    }

    [Fact]
    public void What_an_incremental_function_answered_before_it_was_cancelled_is_kept()
    {
        using CpuDevice device = new(1);
        using CancellationTokenSource cancel = new();
        MemoryStore store = new(20);
        IncrementalFunction function = new(20, cancel, cancelAt: 137);
        using AblationRunner runner = new(function, device, store, 1000, null);
        Assert.Throws<OperationCanceledException>(() => runner.Run(Design, 0, cancel.Token));
        Assert.Equal(137, store.Count);
        Assert.Equal(137, runner.Evaluated);
        using AblationRunner again = new(new CountingFunction(20), device, store, 1000, null);
        Assert.Equal(Expected(Design), again.Run(Design, 0, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Progress_counts_to_the_total()
    {
        using CpuDevice device = new(1);
        List<AblationProgress> reports = [];
        using AblationRunner runner = new(new CountingFunction(20), device, null, 100, new Immediate(reports.Add)) { Total = 1000 };
        runner.Run(Design, 0, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => 100L * i), reports.Select(report => report.Done));
        Assert.All(reports, report => Assert.True(report.Total == 1000 && report.Rate > 0 && report.Remaining >= TimeSpan.Zero));
    }

    private static float[] Expected(MaskDesign design)
    {
        MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
        return [.. Enumerable.Range(0, masks.RowCount).Select(row => (float)masks.Row(row)[0])];
    }

    private sealed class Immediate(Action<AblationProgress> report) : IProgress<AblationProgress>
    {
        public void Report(AblationProgress value) => report(value);
    }

    private sealed class MemoryStore(int featureCount) : ISampleStore
    {
        public List<PlanChange> Changes { get; } = [];

        public void Record(PlanChange change) => Changes.Add(change);

        private readonly MaskLookup _masks = new(featureCount);
        private readonly List<float> _values = [];

        public int Count => _values.Count;

        public bool TryGet(ReadOnlySpan<ulong> mask, out float value)
        {
            int number = _masks.Find(mask);
            value = number < 0 ? 0 : _values[number];
            return number >= 0;
        }

        public void Append(ReadOnlySpan<ulong> masks, ReadOnlySpan<float> values)
        {
            int words = masks.Length / values.Length;
            for (int row = 0; row < values.Length; row++)
            {
                _masks.Add(masks.Slice(row * words, words), out bool added);
                Assert.True(added && float.IsFinite(values[row]));
                _values.Add(values[row]);
            }
        }
    }

    /// <summary>f(m) = the mask's bits as a number; counts and disturbs as a test wants.</summary>
    private sealed class CountingFunction(int featureCount) : IValueFunction
    {
        public int FeatureCount => featureCount;

        public string Fingerprint => "counting";

        public int PreferredBatchSize => 100;

        public int Evaluated { get; private set; }

        public List<int> Batches { get; } = [];

        public Func<long, float, float> Spoil { get; init; } = (_, value) => value;

        public Action<int> BeforeBatch { get; init; } = _ => { };

        public int MostInABatch { get; init; } = int.MaxValue;

        public int WriteAtMost { get; init; } = int.MaxValue;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
            BeforeBatch(Batches.Count);
            cancel.ThrowIfCancellationRequested();
            if (masks.Count > MostInABatch)
            {
                throw new DeviceMemoryException($"No memory for {masks.Count} masks.");
            }

            for (int row = 0; row < Math.Min(WriteAtMost, masks.Count); row++)
            {
                values.Span[row] = Spoil(Evaluated, masks.Row(row)[0]);
                Evaluated++;
            }

            Batches.Add(masks.Count);
        }
    }

    private sealed class IncrementalFunction(int featureCount, CancellationTokenSource source, int cancelAt) : IIncrementalValueFunction
    {
        public int FeatureCount => featureCount;

        public string Fingerprint => "incremental";

        public int PreferredBatchSize => 1000;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => Evaluate(masks, values, _ => { }, cancel);

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, Action<int> answered, CancellationToken cancel)
        {
            for (int row = 0; row < masks.Count; row++)
            {
                if (row == cancelAt)
                {
                    source.Cancel();
                }

                cancel.ThrowIfCancellationRequested();
                values.Span[row] = masks.Row(row)[0];
                answered(row + 1);
            }
        }
    }
}
