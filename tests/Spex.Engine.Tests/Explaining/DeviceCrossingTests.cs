using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Core.Trees;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;

namespace Spex.Engine.Tests.Explaining;

/// <summary>What crosses between the host and a device whose memory the host cannot address, in whole explanations of a function that the device itself evaluates.</summary>
public sealed class DeviceCrossingTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly IlgpuDevice _device = IlgpuDevice.OpenSimulator(2);

    public void Dispose()
    {
        Assert.Equal(0, _device.LiveBuffers);
        _device.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void Of_spex_come_a_flag_a_batch_the_values_once_and_what_each_round_found()
    {
        ParityFunction function = new(70);
        ExplainerSettings settings = new() { Method = "spex", Budget = 1300, MaxDegree = 3, Validate = 70 };
        Explanation explanation = Explain(function, settings);
        Assert.True(explanation.Faithfulness.R2 > 0.99);
        CheckValues(function, explanation);

        // Sums over blocks of samples, and what was found; no table of bins and no mask.
        Assert.InRange(ToHost("energies"), 1, 16 * 1300);
        Assert.InRange(ToHost("counter"), 4, 800);
        Assert.InRange(ToHost("proposals") + ToHost("amounts") + ToHost("hits") + ToHost("Double"), 1, 8192);
        Assert.InRange(ToHost("means"), 1, 3 * 4 * 128);
        Only("flag", "Single", "energies", "means", "counter", "proposals", "amounts", "hits", "Double");
    }

    [Theory]
    [InlineData("banzhaf", 70, 300)]
    [InlineData("lasso", 12, 200)]
    [InlineData("lime", 70, 300)]
    [InlineData("faith-banzhaf", 8, 150)]
    public void Of_regressions_come_counters_errors_and_the_spectrum_and_they_are_those_of_the_processor(string method, int features, int budget)
    {
        ParityFunction function = new(features);
        ExplainerSettings settings = new() { Method = method, Budget = budget, MaxDegree = 3, Order = 2, Validate = 70 };
        Explanation explanation = Explain(function, settings);
        CheckValues(function, explanation);
        // Of Banzhaf values a sum and a count a feature and fold; of a path two counters and two numbers a threshold.
        Assert.Equal(method == "banzhaf" ? 4 * 5 * features : 0, ToHost("Int32"));
        Assert.Equal(method == "banzhaf" ? 8 * 5 * features : 0, ToHost("Double"));
        Assert.InRange(ToHost("counter"), 0, 4 * 1000);
        Assert.InRange(ToHost("errors"), 8, 8 * (budget + 500));
        Only("flag", "Single", "Int32", "Double", "counter", "errors", "threshold", "spectrum", "entering sets", "flag of a factor");
        using CpuDevice processor = new(1);
        Explanation expected = new Explainer(processor).Explain(new ParityFunction(features), settings, cancel: TestContext.Current.CancellationToken);
        Same(expected.Spectrum, explanation.Spectrum);
        Assert.Equal(expected.Faithfulness.R2, explanation.Faithfulness.R2, 1e-5);
    }

    [Fact]
    public void Of_intervals_come_predictions_and_what_each_resample_changes_and_they_are_those_of_the_processor()
    {
        ExplainerSettings settings = new() { Method = "lasso", Budget = 200, MaxDegree = 3, Order = 2, Intervals = true };
        Explanation explanation = Explain(new ParityFunction(12), settings);
        Assert.Equal(0, ToHost("Int32"));
        long changes = 8L * StrengthBootstrap.Resamples * explanation.Spectrum.Terms.Count;
        Assert.InRange(ToHost("Double"), changes, changes + (8 * 200));
        using CpuDevice processor = new(1);
        Explanation expected = new Explainer(processor).Explain(new ParityFunction(12), settings, cancel: TestContext.Current.CancellationToken);
        double largest = expected.Interactions.Interactions.Max(interaction => Math.Abs(interaction.Strength));
        Assert.Equal(expected.Intervals!.Keys.Order(), explanation.Intervals!.Keys.Order());
        Assert.All(expected.Intervals, pair =>
        {
            Assert.Equal(pair.Value.Lower, explanation.Intervals[pair.Key].Lower, 1e-5 * largest);
            Assert.Equal(pair.Value.Upper, explanation.Intervals[pair.Key].Upper, 1e-5 * largest);
        });
    }

    /// <summary>Few small trees: the simulator gives every thread of a group one of the system's.</summary>
    [Fact]
    public void Of_proxyspex_come_the_finished_trees_counters_errors_and_the_spectrum()
    {
        UniformDesign design = new(10, 1, 2, 150);
        float[] values = [.. Enumerable.Range(0, 150).Select(index => ParityFunction.ValueOf(design.ToMatrix(index, 1).Words[0]))];
        DecoderSettings settings = new() { MaxDegree = 3, ProxySearch = new ProxySearchSettings { Configurations = [new BoostingSettings(2, 0.3) { MaxLeaves = 4 }], MaxTrees = 8, RoundTrees = 8 } };
        ProxySpexMethod method = new();
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using DeviceBuffer<float> onDevice = _device.Allocate<float>(150);
        onDevice.CopyFrom(values);
        Decoded actual = method.Decode(new Samples(design, values) { OnDevice = onDevice }, settings, _device, cancel);
        using CpuDevice processor = new(1);
        Decoded expected = method.Decode(new Samples(design, values), settings, processor, cancel);
        Same(expected.Spectrum, actual.Spectrum);
        Assert.Equal(expected.OutOfFold!.R2, actual.OutOfFold!.R2, 1e-5);
        Assert.InRange(ToHost("counter"), 4, 4 * 1000);
        Assert.InRange(ToHost("errors"), 8, 8 * 650);

        // Of a tree of four leaves 11 numbers, of its errors two; five folds and the last fit.
        Assert.InRange(ToHost("trees"), 1, 4 * 11 * 8 * 6);
        Only("counter", "errors", "threshold", "spectrum", "entering sets", "trees", "errors of trees");
    }

    [Fact]
    public void With_a_samples_file_no_masks_come_to_the_host_and_only_those_values_that_were_not_known()
    {
        ExplainerSettings settings = new() { Method = "lime", Budget = 1300 };
        Explanation without = Explain(new ParityFunction(70), settings);
        MaskDesign design = RunPlan.Make(70, settings).Design;
        MaskMatrix known = design.ToMatrix(100, 250);
        ParityFunction function = new(70);
        using (SamplesFile store = SamplesFile.Open(_path, new SamplesHeader(function.Fingerprint, 70, 512)))
        {
            store.Append(known.Words, [.. Enumerable.Range(0, 250).Select(row => ParityFunction.ValueOf(known.Row(row)[0]))]);
        }

        _device.Transfers.Clear();
        Explanation explanation = Explain(function, settings with { SamplesFile = _path });
        Assert.Equal((250, 1050), (explanation.Run.Reused, function.Evaluated));
        Assert.Equal(without.Spectrum.Terms, explanation.Spectrum.Terms);
        Assert.Equal(4 * 1050, ToHost("Single"));
        Assert.Equal(0, ToHost("flag"));
    }

    [Theory]
    [InlineData(9, 300, 150)]
    [InlineData(70, 200, 100)]
    public void Masks_that_fill_the_budget_up_are_made_where_they_are_needed(int features, int budget, int validate)
    {
        ExplainerSettings settings = new() { Method = "banzhaf", Budget = budget };
        RunPlan plan = RunPlan.Make(features, settings);
        FillDesign further = plan.Fill.CreateFurther(plan.Taken, validate);
        foreach (FillDesign fill in (FillDesign[])[plan.Fill, further])
        {
            for (int start = 0; start < fill.Count; start += 37)
            {
                int count = (int)Math.Min(37, fill.Count - start);
                MaskMatrix expected = fill.ToMatrix(start, count);
                using Spex.Engine.Devices.DeviceBuffer<ulong> packed = _device.Allocate<ulong>(expected.Words.Length);
                fill.Generate(_device, start, count, packed);
                ulong[] actual = new ulong[expected.Words.Length];
                packed.CopyTo(actual);
                Assert.Equal(expected.Words, actual);
            }
        }

        // What goes to the device: two corners, and where masks were taken already the numbers of those that were not.
        Assert.InRange(_device.Transfers.ToDevice["UInt64"].Bytes, 8, 16 * MaskMatrix.WordsFor(features));
        Assert.Equal(features < 64, _device.Transfers.ToDevice.ContainsKey("Int32"));
    }

    [Fact]
    public void A_value_that_is_no_number_ends_the_run_and_what_was_paid_for_is_known()
    {
        ParityFunction function = new(70) { SpoilFrom = 700 };
        using AblationRunner runner = new(function, _device, null, null, null);
        UniformDesign design = new(70, 1, 2, 1300);
        Spex.Core.SpexException error = Assert.Throws<Spex.Core.SpexException>(() => runner.Run(design, 0, TestContext.Current.CancellationToken));
        Assert.StartsWith("The value function gave NaN for mask 700, which has ", error.Message, StringComparison.Ordinal);
        Assert.Equal(700, runner.Known.Save(_path));
    }

    // Across devices: equal support above 1e-4 of the largest coefficient, and differences of at most 1e-5 of it.
    private static void Same(Spectrum expected, Spectrum actual)
    {
        double largest = expected.Terms.Max(term => Math.Abs(term.Coefficient));
        FeatureSet[] Support(Spectrum spectrum) => [.. spectrum.Terms.Where(term => Math.Abs(term.Coefficient) > 1e-4 * largest).Select(term => term.Set).Order()];
        Assert.Equal(Support(expected), Support(actual));
        Assert.All(expected.Terms.Concat(actual.Terms).Select(term => term.Set).Distinct(), set => Assert.Equal(expected[set], actual[set], 1e-5 * largest));
    }

    private Explanation Explain(ParityFunction function, ExplainerSettings settings) =>
        new Explainer(_device).Explain(function, settings, cancel: TestContext.Current.CancellationToken);

    private long ToHost(string what) => _device.Transfers.ToHost.GetValueOrDefault(what).Bytes;

    /// <summary>4 bytes a batch, and 4 bytes an ablation once.</summary>
    private void CheckValues(ParityFunction function, Explanation explanation)
    {
        Assert.Equal(explanation.Run.Ablations + explanation.Run.ValidationAblations, function.Evaluated);
        Assert.Equal(4 * function.Batches, ToHost("flag"));
        Assert.Equal(4 * function.Evaluated, ToHost("Single"));
    }

    private void Only(params string[] kinds) => Assert.Empty(_device.Transfers.ToHost.Keys.Except(kinds));
}
