using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

public sealed class ExplainerTests : IDisposable
{
    private static readonly SparseGame Wide = new(
        100,
        SparseBasis.Moebius,
        [new(FeatureSet.Empty, 0.3), new(new FeatureSet(0), 1.25), new(new FeatureSet(1, 3), -2.5), new(new FeatureSet(2, 4, 5), 0.7), new(new FeatureSet(70, 80), 1)]);

    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly CpuDevice _device = new(1);

    public void Dispose()
    {
        _device.Dispose();
        File.Delete(_path);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("spex")]
    [InlineData("exact")]
    public void A_small_function_is_enumerated_and_exact(string method)
    {
        Counter counter = new(6, present => (present[0] ? 1 : 0) + (present[1] && present[2] ? 2 : 0));
        Explanation explanation = Explain(counter, new ExplainerSettings { Method = method });
        Assert.Equal(64, counter.Calls);
        Assert.Equal(64, counter.Distinct);
        Assert.Equal(("exact", method, 64L), (explanation.Run.Method, explanation.Run.RequestedMethod, explanation.Run.Ablations));
        Assert.Equal(Faithfulness.Exact(64), explanation.Faithfulness);
        Assert.Equal((new CornerValue(3, true), new CornerValue(0, true)), (explanation.Output, explanation.Baseline));
        Assert.Equal(2, explanation.Interactions[new FeatureSet(1, 2)], 1e-9);
        Assert.Empty(explanation.Remarks);
    }

    [Theory]
    [InlineData(12, 3000)]
    [InlineData(30, 1000)]
    [InlineData(30, 1500)]
    [InlineData(64, 2001)]
    [InlineData(100, 5000)]
    public void The_budget_is_used_to_the_last_ablation_and_never_exceeded(int n, int budget)
    {
        foreach (string method in ExplanationMethods.Names.Except(["exact"]))
        {
            Counter counter = new(n, present => (present[0] ? 1 : 0) + (present[1] && present[2] ? 2 : 0));
            Explanation explanation = Explain(counter, new ExplainerSettings { Method = method, Budget = budget, Order = 1 });
            Assert.Equal((method, (long)budget), (explanation.Run.RequestedMethod, explanation.Run.Ablations));
            Assert.Equal((budget, budget), (counter.Calls, counter.Distinct));
        }
    }

    [Fact]
    public void Uniform_masks_from_a_spare_budget_measure_the_faithfulness()
    {
        Explanation explanation = Explain(new GameValueFunction(Wide), new ExplainerSettings { Budget = 5072 });
        Assert.Equal(FaithfulnessMeasure.Validated, explanation.Faithfulness.Measure);
        Assert.InRange(explanation.Faithfulness.SampleCount, 64, 100);
        Assert.True(explanation.Output.Measured && explanation.Baseline.Measured);
        Assert.Equal(0.75, explanation.Output.Value, 1e-6);
        Assert.Equal(0.3, explanation.Baseline.Value, 1e-6);
        Assert.Equal(-2.5, explanation.Interactions[new FeatureSet(1, 3)], 1e-3);
    }

    [Fact]
    public void Without_spare_budget_the_method_validates_across_folds_and_the_corners_are_predicted()
    {
        long least = new SpexMethod().LeastBudget(100, new DecoderSettings());
        Explanation explanation = Explain(new GameValueFunction(Wide), new ExplainerSettings { Method = "spex", Budget = least });
        Assert.Equal(FaithfulnessMeasure.CrossValidated, explanation.Faithfulness.Measure);
        Assert.False(explanation.Output.Measured || explanation.Baseline.Measured);
        Assert.Contains("The budget did not reach to the output and baseline values; they are the spectrum's predictions.", explanation.Remarks);
    }

    [Fact]
    public void Validation_masks_are_fresh_and_outside_the_budget()
    {
        Counter counter = new(20, present => (present[0] ? 1 : 0) + (present[1] && present[2] ? 2 : 0));
        Explanation explanation = Explain(counter, new ExplainerSettings { Budget = 1500, Validate = 300 });
        Assert.Equal((1800, 1800), (counter.Calls, counter.Distinct));
        Assert.Equal((1500L, 300L), (explanation.Run.Ablations, explanation.Run.ValidationAblations));
        Assert.Equal((FaithfulnessMeasure.Validated, 300L), (explanation.Faithfulness.Measure, explanation.Faithfulness.SampleCount));
    }

    [Fact]
    public void What_is_left_to_validate_on_is_said()
    {
        Explanation exact = Explain(new Counter(3, _ => 1), new ExplainerSettings { Validate = 10 });
        Assert.Contains("All masks were evaluated: none is left to validate on.", exact.Remarks);
        Explanation few = Explain(new Counter(11, present => present[0] ? 1 : 0), new ExplainerSettings { Budget = 2040, Validate = 10 });
        Assert.Equal(8, few.Run.ValidationAblations);
        Assert.Contains("Only 8 masks were left to validate on, not 10.", few.Remarks);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(100)]
    public void A_constant_function_is_told_in_words(int n)
    {
        Explanation explanation = Explain(new Counter(n, _ => 2.5), new ExplainerSettings());
        Assert.Equal(1, explanation.Faithfulness.R2);
        Assert.Contains("The value is 2.5 for every mask that was evaluated: no feature acts on it.", explanation.Remarks);
        Assert.Equal(2.5, explanation.Spectrum[FeatureSet.Empty], 1e-9);
        Assert.All(explanation.Interactions.Interactions, interaction => Assert.True(interaction.Set.Count == 0 || Math.Abs(interaction.Strength) < 1e-6));
    }

    [Fact]
    public void A_poor_fit_is_told_in_words()
    {
        // Noise has no spectrum that could be found.
        Counter noise = new(40, present => Noise(present));
        Explanation explanation = Explain(noise, new ExplainerSettings { Budget = 1200 });
        Assert.Equal(FaithfulnessQuality.Poor, explanation.Faithfulness.Quality);
        Assert.Contains(explanation.Remarks, remark => remark.StartsWith("The fit is poor: the spectrum tells ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_function_of_one_feature_is_explained_and_one_of_none_refused()
    {
        Explanation explanation = Explain(new Counter(1, present => present[0] ? 3 : 1), new ExplainerSettings());
        Assert.Equal(2, explanation.Interactions[new FeatureSet(0)], 1e-9);
        Assert.Equal(2, explanation.Run.Ablations);
        SpexInputException error = Assert.Throws<SpexInputException>(() => Explain(new Counter(0, _ => 1), new ExplainerSettings()));
        Assert.Equal("There is nothing to explain: there are no features that could be switched off. At least one is needed.", error.Message);
    }

    [Fact]
    public void A_budget_below_the_least_is_refused_with_the_least()
    {
        Assert.Equal(
            "The method spex needs at least 32 ablations, all masks of 5 features; the budget is 31. Raise --budget.",
            Assert.Throws<SpexInputException>(() => Explain(new Counter(5, _ => 1), new ExplainerSettings { Method = "spex", Budget = 31 })).Message);
        long least = new SpexMethod().LeastBudget(100, new DecoderSettings());
        Assert.Equal(
            $"The method spex needs at least {least} ablations for 100 features; the budget is {least - 1}. Raise --budget.",
            Assert.Throws<SpexInputException>(() => Explain(new Counter(100, _ => 1), new ExplainerSettings { Method = "spex", Budget = least - 1 })).Message);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        foreach (ExplainerSettings settings in new ExplainerSettings[]
        {
            new() { Method = "magic" }, new() { Budget = 0 }, new() { Budget = Explainer.MostBudget + 1 }, new() { Order = 0 }, new() { MaxDegree = 7 }, new() { Validate = 1 },
        })
        {
            Assert.Throws<SpexInputException>(() => Explain(new Counter(5, _ => 1), settings));
        }
    }

    [Fact]
    public void A_samples_file_spares_what_was_paid_for_whatever_the_method_budget_and_index()
    {
        Counter first = new(12, present => (present[0] ? 1 : 0) + (present[1] && present[2] ? 2 : 0));
        Explain(first, new ExplainerSettings { Budget = 1500, SamplesFile = _path });
        Counter second = new(12, present => (present[0] ? 1 : 0) + (present[1] && present[2] ? 2 : 0));
        Explanation explanation = Explain(second, new ExplainerSettings { Budget = 4096, SamplesFile = _path, Seed = 5, Index = InteractionIndex.Sv });
        Assert.Equal(4096 - 1500, second.Calls);
        Assert.Equal((4096L, 1500L), (explanation.Run.Ablations, explanation.Run.Reused));
    }

    [Fact]
    public void Resuming_gives_the_same_bits_as_an_uninterrupted_run()
    {
        ExplainerSettings settings = new() { Budget = 3000, SamplesFile = _path, Validate = 100 };
        Explanation whole = Explain(new GameValueFunction(Wide), settings with { SamplesFile = null });
        using CancellationTokenSource cancel = new();
        Counter stopped = new(100, present => 0) { Inner = new GameValueFunction(Wide), OnBatch = batch => { if (batch == 1) { cancel.Cancel(); } } };
        Assert.Throws<OperationCanceledException>(() => new Explainer(_device).Explain(stopped, settings, null, cancel.Token));
        Explanation resumed = Explain(new GameValueFunction(Wide), settings);
        Assert.InRange(resumed.Run.Reused, 1, 2999);
        Assert.Equal(whole.Spectrum.Terms, resumed.Spectrum.Terms);
        Assert.Equal(whole.Faithfulness, resumed.Faithfulness);
    }

    [Fact]
    public void A_samples_file_of_another_function_is_refused_before_anything_is_evaluated()
    {
        Explain(new Counter(4, _ => 1), new ExplainerSettings { SamplesFile = _path });
        Counter other = new(4, _ => 2) { Name = "other" };
        Assert.Contains("samples of another function", Assert.Throws<SpexInputException>(() => Explain(other, new ExplainerSettings { SamplesFile = _path })).Message, StringComparison.Ordinal);
        Assert.Equal(0, other.Calls);
    }

    [Fact]
    public void A_run_that_fails_without_a_samples_file_leaves_its_values_in_the_rescue_file()
    {
        Counter failing = new(100, present => present[0] ? 1 : 0) { OnBatch = batch => { if (batch == 3) { throw new SpexException("The model died."); } } };
        Assert.Throws<SpexException>(() => Explain(failing, new ExplainerSettings { Budget = 2000, RescueFile = _path }));
        using SamplesFile rescued = SamplesFile.OpenRead(_path);
        Assert.Equal(failing.Calls, rescued.Count);
    }

    [Fact]
    public void Saved_samples_make_the_same_explanation_without_evaluating()
    {
        Counter counter = new(100, present => present[0] ? 1 : 0);
        Explanation explanation = Explain(counter, new ExplainerSettings { Budget = 2000 });
        explanation.SaveSamples(_path);
        Counter unused = new(100, _ => throw new SpexException("Evaluated."));
        Explanation again = Explain(unused, new ExplainerSettings { Budget = 2000, SamplesFile = _path });
        Assert.Equal(explanation.Spectrum.Terms, again.Spectrum.Terms);
        Assert.Equal(2000, again.Run.Reused);
    }

    private static double Noise(bool[] present)
    {
        ulong hash = 0;
        foreach (bool bit in present)
        {
            hash = Philox.Bits(hash, 1, bit ? 1UL : 0);
        }

        return hash / (double)ulong.MaxValue;
    }

    private Explanation Explain(IValueFunction function, ExplainerSettings settings) =>
        new Explainer(_device).Explain(function, settings, null, TestContext.Current.CancellationToken);
}
