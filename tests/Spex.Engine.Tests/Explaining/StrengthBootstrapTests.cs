using Spex.Core.Games;
using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

public sealed class StrengthBootstrapTests
{
    /// <summary>Of many noisy functions' strengths about 95 % lie within their intervals.</summary>
    [Fact]
    public void Intervals_hold_the_true_strengths_as_often_as_they_say()
    {
        using CpuDevice cpu = new();
        FeatureSet[] sets = [new(0), new(1), new(2), new(0, 1), new(3, 4), new(2, 5, 6)];
        int held = 0, all = 0;
        for (ulong seed = 0; seed < 40; seed++)
        {
            SparseGame game = new(12, SparseBasis.Fourier, sets.Select((set, j) => new SpectrumTerm(set, 0.5 + (0.1 * j))), 1.0, seed);
            Explanation explanation = new Explainer(cpu).Explain(
                new GameValueFunction(game),
                new ExplainerSettings { Method = "proxyspex", Budget = 600, Seed = seed, Intervals = true, Index = InteractionIndex.Fourier },
                cancel: TestContext.Current.CancellationToken);
            foreach ((FeatureSet set, double coefficient) in game.Terms.Select(term => (term.Set, term.Coefficient)))
            {
                if (explanation.Intervals!.TryGetValue(set, out Interval interval))
                {
                    held += interval.Lower <= coefficient && coefficient <= interval.Upper ? 1 : 0;
                    all++;
                }
            }
        }

        Assert.InRange(all, 230, 240);
        Assert.InRange(held / (double)all, 0.85, 0.99);
    }

    [Fact]
    public void Exact_values_have_no_width_and_every_interaction_has_an_interval()
    {
        using CpuDevice cpu = new();
        Explanation explanation = new Explainer(cpu).Explain(
            new DelegateValueFunction(5, "f", mask => mask[0] && mask[1] ? 2 : mask[3] ? 1 : 0),
            new ExplainerSettings { Intervals = true },
            cancel: TestContext.Current.CancellationToken);
        Assert.Equal(explanation.Interactions.Interactions.Count - 1, explanation.Intervals!.Count);
        Assert.All(explanation.Intervals, pair =>
        {
            Assert.Equal(explanation.Interactions[pair.Key], pair.Value.Lower, 1e-6);
            Assert.Equal(explanation.Interactions[pair.Key], pair.Value.Upper, 1e-6);
        });
    }

    [Fact]
    public void Intervals_are_the_same_bits_for_any_number_of_threads()
    {
        SparseGame game = new(15, SparseBasis.Fourier, [new SpectrumTerm(new FeatureSet(1, 2), 1), new SpectrumTerm(new FeatureSet(4), 1)], 0.5, 1);
        IReadOnlyDictionary<FeatureSet, Interval> Run(int threads)
        {
            using CpuDevice cpu = new(threads);
            return new Explainer(cpu).Explain(
                new GameValueFunction(game), new ExplainerSettings { Budget = 300, Intervals = true }, cancel: TestContext.Current.CancellationToken).Intervals!;
        }

        Assert.Equal(Run(1), Run(2));
    }
}
