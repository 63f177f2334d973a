using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Metrics;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;

namespace Spex.Engine.Tests.Explaining;

public sealed class AutomaticBudgetTests : IDisposable
{
    private readonly CpuDevice _cpu = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("spex").FullName;

    public void Dispose()
    {
        _cpu.Dispose();
        Directory.Delete(_folder, true);
    }

    [Fact]
    public void Stops_when_the_lower_end_passes_the_target_and_pays_for_no_mask_twice()
    {
        Counter counter = new(40, Hilly);
        Explanation explanation = Explain(counter, new ExplainerSettings { TargetFaithfulness = 0.95 });
        Assert.Equal(FaithfulnessMeasure.Validated, explanation.Faithfulness.Measure);
        Assert.True(explanation.Faithfulness.Lower >= 0.95);
        Assert.Equal((counter.Calls, counter.Calls), (counter.Distinct, (int)(explanation.Run.Ablations + explanation.Run.ValidationAblations)));
        Assert.Equal(0, explanation.Run.Reused);
        Assert.Contains(explanation.Remarks, remark => remark.StartsWith("Rounds: 384 ablations R² ", StringComparison.Ordinal));
    }

    [Fact]
    public void Stops_when_more_no_longer_helps_and_says_so()
    {
        // A coin for every mask: nothing can be learned.
        Counter noise = new(40, present => present.Aggregate(17u, (hash, one) => (hash * 31) + (one ? 1u : 0)) * 2654435761u / 4294967296.0);
        Explanation explanation = Explain(noise, new ExplainerSettings { TargetFaithfulness = 0.9 });
        Assert.Contains(explanation.Remarks, remark => remark.StartsWith("R² 0.9 was not reached: more ablations hardly help any more.", StringComparison.Ordinal));
        Assert.InRange(noise.Calls, 1000, 9000);
    }

    [Fact]
    public void The_budget_is_the_most_that_is_spent()
    {
        Counter noise = new(40, present => present.Aggregate(17u, (hash, one) => (hash * 31) + (one ? 1u : 0)) * 2654435761u / 4294967296.0);
        Explanation explanation = Explain(noise, new ExplainerSettings { TargetFaithfulness = 0.9, Budget = 600 });
        Assert.Equal(600, noise.Calls);
        Assert.Contains(explanation.Remarks, remark => remark.Contains("the budget is spent", StringComparison.Ordinal));
    }

    /// <summary>What is left falls like a power of the ablations: halved from 400 to 1,600, it takes 25,600 for an eighth of that.</summary>
    [Theory]
    [InlineData(0.5, 0.75, 0.9375, 25_600L)]
    [InlineData(0.5, 0.75, 0.99999, 160_000L)]
    [InlineData(0.5, 0.75, 0.7, null)]
    [InlineData(0.5, 0.5, 0.9, null)]
    [InlineData(0.5, 0.501, 0.9, null)]
    public void What_more_would_cost_follows_from_the_rounds(double first, double last, double goal, long? needed) =>
        Assert.Equal(needed, AutomaticBudget.Forecast([(100, 0.1), (400, first), (800, first), (1600, last)], goal));

    [Fact]
    public void A_few_features_are_enumerated()
    {
        Counter counter = new(8, present => present[0] && present[1] ? 1 : 0);
        Explanation explanation = Explain(counter, new ExplainerSettings { TargetFaithfulness = 0.9 });
        Assert.Equal((256, "exact"), (counter.Calls, explanation.Run.Method));
    }

    [Fact]
    public void Resumes_from_a_samples_file()
    {
        string path = Path.Combine(_folder, "a.samples");
        Counter first = new(40, Hilly), second = new(40, Hilly);
        Explanation one = Explain(first, new ExplainerSettings { TargetFaithfulness = 0.7, SamplesFile = path });
        Explanation two = Explain(second, new ExplainerSettings { TargetFaithfulness = 0.95, SamplesFile = path });
        long spent = two.Run.Ablations + two.Run.ValidationAblations;
        Assert.Equal(first.Calls, two.Run.Reused);
        Assert.Equal(spent - first.Calls, second.Calls);
        Assert.True(one.Run.Ablations <= two.Run.Ablations);
    }

    [Fact]
    public void A_run_that_fails_leaves_its_values_in_the_rescue_file()
    {
        string path = Path.Combine(_folder, "rescued.samples");
        Counter failing = new(40, Hilly) { OnBatch = batch => { if (batch == 3) { throw new SpexException("The model died."); } } };
        SpexException error = Assert.Throws<SpexException>(() => Explain(failing, new ExplainerSettings { TargetFaithfulness = 0.9999, RescueFile = path }));
        Assert.Contains("goes on from there", error.Message, StringComparison.Ordinal);
        using SamplesFile rescued = SamplesFile.OpenRead(path);
        Assert.Equal(failing.Calls, rescued.Count);
    }

    [Theory]
    [InlineData("spex", null, "cannot add ablations in rounds")]
    [InlineData("auto", 100, "of which the first takes 384; the budget is 100")]
    public void What_cannot_work_is_refused(string method, int? budget, string message) => Assert.Contains(
        message,
        Assert.Throws<SpexInputException>(() => Explain(new Counter(40, Hilly), new ExplainerSettings { Method = method, Budget = budget, TargetFaithfulness = 0.9 })).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void A_target_outside_0_to_1_is_refused(double target) => Assert.Contains(
        "above 0 and below 1",
        Assert.Throws<SpexInputException>(() => Explain(new Counter(40, Hilly), new ExplainerSettings { TargetFaithfulness = target })).Message,
        StringComparison.Ordinal);

    /// <summary>Many terms of falling size: more masks always help.</summary>
    private static double Hilly(bool[] present)
    {
        double sum = 0;
        for (int i = 0; i < 39; i++)
        {
            sum += ((present[i] ? 1 : 0) + (present[i] && present[i + 1] ? 1.5 : 0)) / (1 + (0.2 * i));
        }

        return sum;
    }

    private Explanation Explain(Counter counter, ExplainerSettings settings) => new Explainer(_cpu).Explain(counter, settings, cancel: TestContext.Current.CancellationToken);
}
