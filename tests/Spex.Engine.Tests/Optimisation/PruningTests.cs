using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.Optimisation;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Optimisation;

public class PruningTests
{
    // Features 0 and 1 are worth much together and nothing apart; 2 to 11 a little each.
    private static readonly SparseGame Pair = new(
        12, SparseBasis.Moebius, [new(new FeatureSet(0, 1), 10), .. Enumerable.Range(2, 10).Select(i => new SpectrumTerm(new FeatureSet(i), 0.1 * i))]);

    [Fact]
    public void The_spectrums_set_is_the_best_of_all_and_no_baseline_beats_it()
    {
        using CpuDevice device = new(1);
        GameValueFunction function = new(Pair);
        Explanation explanation = new Explainer(device).Explain(function, new ExplainerSettings { Method = "exact", Budget = 1 << 12 }, null, TestContext.Current.CancellationToken);
        for (int kept = 1; kept < 12; kept++)
        {
            IReadOnlyList<PrunedSet> sets = Pruning.Run(function, device, explanation.Spectrum, kept, new PruningSettings { Budget = 200, RandomSets = 30, Seed = 1 }, null, TestContext.Current.CancellationToken);
            Assert.Equal(["all", "spectrum", "lasso", sets[3].Name], sets.Select(set => set.Name));
            Assert.Equal(Best(kept), sets[1].Value, 1e-5);
            Assert.Equal(0, sets[1].Gap);
            Assert.Equal(sets[1].Value, sets[1].Predicted!.Value, 1e-4);
            Assert.All(sets.Skip(1), set => Assert.Equal(kept, set.Kept.Count));
            Assert.All(sets.Skip(1), set => Assert.True(set.Value <= sets[1].Value + 1e-5));
            Assert.Equal(kept is 1 or 11 ? "best of 12 random" : "best of 30 random", sets[3].Name);
        }
    }

    [Fact]
    public void Values_are_kept_in_the_samples_file_and_not_paid_twice()
    {
        using CpuDevice device = new(1);
        using TemporaryFolder folder = new();
        int asked = 0;
        DelegateValueFunction function = new(12, "counted", present =>
        {
            asked++;
            return present.Count(one => one);
        });
        PruningSettings settings = new() { Budget = 100, RandomSets = 20, Seed = 3, SamplesFile = folder["x.samples"] };
        Spectrum spectrum = new(12, [new(new FeatureSet(0), -1)]);
        IReadOnlyList<PrunedSet> first = Pruning.Run(function, device, spectrum, 5, settings, null, TestContext.Current.CancellationToken);
        int paid = asked;
        Assert.InRange(paid, 100, 123);
        Assert.Equal(first, Pruning.Run(function, device, spectrum, 5, settings, null, TestContext.Current.CancellationToken));
        Assert.Equal(paid, asked);
        Assert.Equal(3, Pruning.Run(function, device, spectrum, 5, settings with { RandomSets = 0 }, null, TestContext.Current.CancellationToken).Count);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using CpuDevice device = new(1);
        GameValueFunction function = new(Pair);
        Spectrum spectrum = new(12, []);
        Assert.Throws<ArgumentException>(() => Pruning.Run(function, device, new Spectrum(11, []), 3, new PruningSettings(), null, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pruning.Run(function, device, spectrum, 0, new PruningSettings(), null, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => Pruning.Run(function, device, spectrum, 12, new PruningSettings(), null, TestContext.Current.CancellationToken));
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => Pruning.Run(function, device, spectrum, 3, new PruningSettings(), null, cancel.Token));
    }

    private static double Best(int kept)
    {
        double best = double.NegativeInfinity;
        for (uint mask = 0; mask < 1 << 12; mask++)
        {
            if (System.Numerics.BitOperations.PopCount(mask) == kept)
            {
                best = Math.Max(best, Pair.Evaluate([mask]));
            }
        }

        return best;
    }
}
