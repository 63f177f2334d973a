using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.Tests.Decoding;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

/// <summary>What must not change an explanation, whatever the method: batches, threads, running it again, and the order in which features are listed.</summary>
public sealed class MethodInvarianceTests
{
    public static TheoryData<string> Names => [.. ExplanationMethods.Names.Except(["exact"])];

    /// <summary>The same bits, for batches of 1, 7 and all masks and for 1, 2 and 3 threads; another seed takes other masks.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Batches_threads_and_running_again_change_no_bit(string name)
    {
        Game game = RandomGames.OfKind("ands", 25, 5);
        ExplainerSettings settings = new() { Method = name, Budget = 800, Order = 2, Seed = 3 };
        Explanation once = Explain(game, settings, batch: 1 << 20, threads: 1);
        foreach ((int batch, int threads) in new[] { (1, 1), (7, 2), (1 << 20, 3) })
        {
            Explanation again = Explain(game, settings, batch, threads);
            Assert.Equal(once.Spectrum.Terms, again.Spectrum.Terms);
            Assert.Equal(once.Faithfulness, again.Faithfulness);
            Assert.Equal(once.Interactions.Interactions, again.Interactions.Interactions);
        }

        Assert.NotEqual(once.Spectrum.Terms, Explain(game, settings with { Seed = 4 }, 1 << 20, 1).Spectrum.Terms);
    }

    /// <summary>Renaming the features renames the terms.</summary>
    [Theory]
    [InlineData("auto")]
    [InlineData("spex")]
    [InlineData("proxyspex")]
    [InlineData("lasso")]
    public void The_order_of_the_features_does_not_matter(string name)
    {
        const int N = 30;
        int Place(int feature) => (7 * feature + 11) % N;
        SpectrumTerm[] terms =
        [
            new(new FeatureSet(0), 1), new(new FeatureSet(4), -0.7), new(new FeatureSet(0, 4), 0.9), new(new FeatureSet(12, 29), 0.4), new(new FeatureSet(12), 0.35),
        ];
        SpectrumTerm[] renamed = [.. terms.Select(term => new SpectrumTerm(new FeatureSet([.. term.Set.Select(Place)]), term.Coefficient))];
        ExplainerSettings settings = new() { Method = name, Budget = 1400, Order = 2 };
        Spectrum a = Explain(new SparseGame(N, SparseBasis.Fourier, terms), settings, 512, 2).Spectrum;
        Spectrum b = Explain(new SparseGame(N, SparseBasis.Fourier, renamed), settings, 512, 2).Spectrum;
        for (int i = 0; i < terms.Length; i++)
        {
            Assert.Equal(a[terms[i].Set], b[renamed[i].Set], 2);
            Assert.Equal(terms[i].Coefficient, a[terms[i].Set], 2);
        }
    }

    private static Explanation Explain(Game game, ExplainerSettings settings, int batch, int threads)
    {
        using CpuDevice device = new(threads);
        return new Explainer(device).Explain(new InBatches(new GameValueFunction(game), batch), settings, null, TestContext.Current.CancellationToken);
    }

    /// <summary>A function that asks for batches of a given size.</summary>
    private sealed class InBatches(IValueFunction inner, int size) : IValueFunction
    {
        public int FeatureCount => inner.FeatureCount;

        public string Fingerprint => inner.Fingerprint;

        public int PreferredBatchSize => size;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => inner.Evaluate(masks, values, cancel);
    }
}
