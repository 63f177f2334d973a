using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

public sealed class AblationRunnerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    private static readonly UniformDesign Design = new(20, 1, 2, 1000);

    public void Dispose() => File.Delete(_path);

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
        using SamplesFile store = Open(64);
        MaskMatrix known = Design.ToMatrix(100, 250);
        store.Append(known.Words, Expected(Design).AsSpan(100, 250));
        CountingFunction function = new(20);
        using AblationRunner runner = new(function, device, store, null, null) { Total = 1000 };
        Assert.Equal(Expected(Design), runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal((750, 250), (runner.Evaluated, runner.Reused));
        Assert.Equal(750, function.Evaluated);
        Assert.Equal(1000, store.Count);

        using AblationRunner again = new(function, device, store, null, null);
        Assert.Equal(Expected(Design), again.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal((0, 1000), (again.Evaluated, again.Reused));
        Assert.Equal(750, function.Evaluated);
    }

    [Fact]
    public void A_value_that_is_not_finite_ends_the_run_with_its_mask_and_what_was_paid_for_is_kept()
    {
        using CpuDevice device = new(1);
        using SamplesFile store = Open(100);
        CountingFunction function = new(20) { Spoil = (index, value) => index == 130 ? float.NaN : value };
        using AblationRunner runner = new(function, device, store, null, null);
        SpexException error = Assert.Throws<SpexException>(() => runner.Run(Design, 1000, TestContext.Current.CancellationToken));
        MaskMatrix mask = Design.ToMatrix(130, 1);
        string present = string.Join(", ", Enumerable.Range(0, 20).Where(i => mask[0, i]));
        Assert.Equal(
            $"The value function gave NaN for mask 1130, which has {mask.CountPresent(0)} of 20 features present ({present}). "
            + "Values must be finite numbers. Try the function on this mask alone.",
            error.Message);
        Assert.Equal(199, store.Count);
        Assert.False(runner.RecordingFailed);
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
        Assert.Equal([new SamplesPlanChange(0, 50), new SamplesPlanChange(0, 25)], runner.PlanChanges);
        Assert.Equal(25, runner.BatchSize);
        Assert.Equal(1000, runner.Evaluated);
    }

    [Fact]
    public void A_resumed_run_follows_the_plan_that_was_recorded()
    {
        using CpuDevice device = new(1);
        using CancellationTokenSource cancel = new();
        CountingFunction first = new(20) { BeforeBatch = batch => { if (batch == 5) { cancel.Cancel(); } }, MostInABatch = 30 };
        using (SamplesFile store = Open(100))
        {
            using AblationRunner runner = new(first, device, store, null, null);
            Assert.Throws<OperationCanceledException>(() => runner.Run(Design, 0, cancel.Token));
        }

        using SamplesFile resumed = Open(7);
        Assert.Equal(125, resumed.Count);
        CountingFunction second = new(20) { MostInABatch = 30 };
        using AblationRunner again = new(second, device, resumed, null, null);
        Assert.Equal(Expected(Design), again.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.Equal(Enumerable.Repeat(25, 35), second.Batches);
        Assert.Equal([new SamplesPlanChange(0, 50), new SamplesPlanChange(0, 25)], again.PlanChanges);
        Assert.Equal(2, resumed.PlanChanges.Count);
    }

    [Fact]
    public void What_could_not_be_recorded_is_known_still()
    {
        using CpuDevice device = new(1);
        SamplesFile store = Open(100);
        CountingFunction function = new(20) { BeforeBatch = batch => { if (batch == 3) { store.Dispose(); } } };
        using AblationRunner runner = new(function, device, store, null, null);
        Assert.Throws<ObjectDisposedException>(() => runner.Run(Design, 0, TestContext.Current.CancellationToken));
        Assert.True(runner.RecordingFailed);
        Assert.Equal(400, runner.Known.Save(_path + ".rescue"));
        using (SamplesFile rescued = SamplesFile.OpenRead(_path + ".rescue"))
        {
            Assert.Equal(Expected(Design).AsSpan(0, 400), rescued.Values);
        }

        File.Delete(_path + ".rescue");
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
        using SamplesFile store = Open(100);
        CountingFunction function = new(20) { BeforeBatch = batch => { if (batch == 3) { cancel.Cancel(); } } };
        using AblationRunner runner = new(function, device, store, null, null);
        Assert.Throws<OperationCanceledException>(() => runner.Run(Design, 0, cancel.Token));
        Assert.Equal(300, store.Count);
        string rescue = _path + ".rescue";
        Assert.Equal(300, runner.Known.Save(rescue));
        using SamplesFile rescued = SamplesFile.OpenRead(rescue);
        Assert.Equal(store.Values, rescued.Values);
        File.Delete(rescue);
    }

    [Fact]
    public void What_an_incremental_function_answered_before_it_was_cancelled_is_kept()
    {
        using CpuDevice device = new(1);
        using CancellationTokenSource cancel = new();
        using SamplesFile store = Open(1000, "incremental");
        IncrementalFunction function = new(20, cancel, cancelAt: 137);
        using AblationRunner runner = new(function, device, store, null, null);
        Assert.Throws<OperationCanceledException>(() => runner.Run(Design, 0, cancel.Token));
        Assert.Equal(137, store.Count);
        Assert.Equal(137, runner.Evaluated);
        using AblationRunner again = new(new CountingFunction(20), device, store, null, null);
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

    private SamplesFile Open(int batchSize, string fingerprint = "counting") => SamplesFile.Open(_path, new SamplesHeader(fingerprint, 20, batchSize));

    private static float[] Expected(MaskDesign design)
    {
        MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
        return [.. Enumerable.Range(0, masks.RowCount).Select(row => (float)masks.Row(row)[0])];
    }

    private sealed class Immediate(Action<AblationProgress> report) : IProgress<AblationProgress>
    {
        public void Report(AblationProgress value) => report(value);
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
