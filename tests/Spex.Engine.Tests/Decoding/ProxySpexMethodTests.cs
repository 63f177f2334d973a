using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

public sealed class ProxySpexMethodTests : IDisposable
{
    private readonly CpuDevice _cpu = new();
    private readonly ProxySpexMethod _method = new();

    public static TheoryData<string, int> PeersCells => new()
    {
        { "H20_K20_snr10_s1", 1344 },
        { "A64_K30_s1", 1728 },
        { "H64_K20_s1", 1728 },
        { "H128_K60_s1", 1968 },
        { "bike_rf_row500", 672 },
        { "breast30_rf_row450", 1344 },
        { "digits64_rf_row1600", 1728 },
        { "digits64_mlp_row1600", 1728 },
        { "text_attn_n65", 1728 },
        { "text_attn_n253", 2208 },
    };

    public void Dispose() => _cpu.Dispose();

    [Theory]
    [MemberData(nameof(PeersCells))]
    public void Is_no_worse_than_the_better_peer(string id, int ablations)
    {
        Game game = GoldenGames.Get(id);
        double r2 = GoldenGames.R2(game, Decode(game, ablations, 0).Spectrum);
        Assert.True(r2 >= GoldenGames.BestPeer(id, ablations, "ProxySPEX") - 0.002, $"R² {r2:0.0000}");
    }

    /// <summary>One parity of five features: both references fail on it, one with an exception. Its subsets carry nothing, so trees can hardly find it either.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_dominating_parity_is_found_or_the_poor_fit_is_stated(int order)
    {
        FeatureSet parity = new([.. Enumerable.Range(0, order)]);
        SparseGame game = Fourier(10, (FeatureSet.Empty, 0.5), (parity, 10), (new FeatureSet(7), 0.01));
        Decoded decoded = Decode(game, 600, 1);
        double r2 = GoldenGames.R2(game, decoded.Spectrum);
        Assert.True(r2 > 0.999 || decoded.OutOfFold!.R2 < 0.2, $"R² {r2:0.000}, stated {decoded.OutOfFold!.R2:0.000}");
        if (order < 4)
        {
            Assert.Equal(10, decoded.Spectrum[parity], 3);
            Assert.Equal(0.5, decoded.Spectrum[FeatureSet.Empty], 3);
        }
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e-30)]
    public void Values_of_any_unit_are_fitted_alike(double unit)
    {
        SparseGame one = Fourier(12, (FeatureSet.Empty, 3), (new FeatureSet(1), 1), (new FeatureSet(1, 5), -2), (new FeatureSet(2, 8, 9), 1.5));
        Samples samples = GoldenGames.Sample(one, new UniformDesign(12, 1, 1, 500));
        float[] scaled = [.. samples.Values.ToArray().Select(value => (float)(value * unit))];
        Decoded decoded = _method.Decode(samples with { Values = scaled }, new DecoderSettings(), _cpu, TestContext.Current.CancellationToken);
        Assert.Equal(-2, decoded.Spectrum[new FeatureSet(1, 5)] / unit, 4);
        Assert.Equal(3, decoded.Spectrum[FeatureSet.Empty] / unit, 4);
        Assert.True(decoded.OutOfFold!.R2 > 0.99999);
    }

    /// <summary>Few samples suggest many sets that only they know; the answer is then that of single features.</summary>
    [Fact]
    public void Few_samples_of_many_features_give_what_single_features_give()
    {
        Game game = RandomGames.OfKind("network", 120, 17);
        double ours = GoldenGames.R2(game, Decode(game, 400, 0).Spectrum);
        double plain = GoldenGames.R2(game, RandomGames.Decode(new LassoMethod(), game, 400, new DecoderSettings { Order = 1 }, _cpu).Spectrum);
        Assert.True(ours >= plain - 0.01, $"R² {ours:0.0000}, LASSO {plain:0.0000}");
    }

    [Fact]
    public void Equal_values_give_the_constant_alone()
    {
        Samples samples = new(new UniformDesign(9, 1, 1, 60), Enumerable.Repeat(2.5f, 60).ToArray());
        Decoded decoded = _method.Decode(samples, new DecoderSettings(), _cpu, TestContext.Current.CancellationToken);
        Assert.Equal(2.5, decoded.Spectrum[FeatureSet.Empty]);
        Assert.Equal(0, decoded.Spectrum.Variance);
        Assert.Equal(1, decoded.OutOfFold!.R2);
    }

    [Fact]
    public void Two_samples_are_the_fewest()
    {
        Samples samples = new(new UniformDesign(9, 1, 1, 2), new[] { 1f, 2f });
        Decoded decoded = _method.Decode(samples, new DecoderSettings(), _cpu, TestContext.Current.CancellationToken);
        Assert.True(double.IsFinite(decoded.Spectrum[FeatureSet.Empty]));
        SpexInputException error = Assert.Throws<SpexInputException>(() => _method.CreateDesign(9, 1, new DecoderSettings()));
        Assert.Contains("at least 2 ablations", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_degree_is_capped()
    {
        SparseGame game = Fourier(10, (new FeatureSet(1, 2, 3), 1), (new FeatureSet(1, 2), 1), (new FeatureSet(4), 1));
        Samples samples = GoldenGames.Sample(game, _method.CreateDesign(10, 400, new DecoderSettings()));
        Decoded decoded = _method.Decode(samples, new DecoderSettings { MaxDegree = 2 }, _cpu, TestContext.Current.CancellationToken);
        Assert.Equal(2, decoded.Spectrum.Degree);
    }

    [Fact]
    public void Twenty_thousand_features_are_fitted()
    {
        SparseGame game = Fourier(20_000, (new FeatureSet(7), 2), (new FeatureSet(19_999), -1), (new FeatureSet(7, 12_345), 1), (new FeatureSet(12_345), 1));
        Assert.True(GoldenGames.R2(game, Decode(game, 1000, 0).Spectrum) > 0.99);
    }

    /// <summary>The same bits for one thread and for two.</summary>
    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        Game game = GoldenGames.Get("H20_K20_snr10_s1");
        using CpuDevice one = new(1), two = new(2);
        Samples samples = GoldenGames.Sample(game, _method.CreateDesign(20, 500, new DecoderSettings()));
        Spectrum a = _method.Decode(samples, new DecoderSettings(), one, TestContext.Current.CancellationToken).Spectrum;
        Spectrum b = _method.Decode(samples, new DecoderSettings(), two, TestContext.Current.CancellationToken).Spectrum;
        Assert.Equal(a.Terms, b.Terms);
    }

    /// <summary>Renaming the features renames the spectrum, up to ties: values do not depend on the order in which features are listed.</summary>
    [Fact]
    public void The_order_of_the_features_does_not_matter()
    {
        int[] place = [3, 0, 7, 1, 9, 2, 8, 4, 6, 5];
        (FeatureSet Set, double Coefficient)[] terms = [(new(0), 1), (new(1), -0.7), (new(0, 1), 0.9), (new(2, 3), 0.4), (new(2), 0.35), (new(4, 5, 6), -0.8), (new(4, 5), 0.5)];
        SparseGame game = Fourier(10, terms);
        SparseGame renamed = Fourier(10, [.. terms.Select(term => (new FeatureSet([.. term.Set.Features.ToArray().Select(i => place[i])]), term.Coefficient))]);
        Spectrum a = Decode(game, 500, 0).Spectrum, b = Decode(renamed, 500, 0).Spectrum;
        foreach ((FeatureSet set, double _) in terms)
        {
            Assert.Equal(a[set], b[new FeatureSet([.. set.Features.ToArray().Select(i => place[i])])], 3);
        }
    }

    private static SparseGame Fourier(int features, params (FeatureSet Set, double Coefficient)[] terms) =>
        new(features, SparseBasis.Fourier, terms.Select(term => new SpectrumTerm(term.Set, term.Coefficient)));

    private Decoded Decode(Game game, int ablations, ulong seed)
    {
        DecoderSettings settings = new() { Seed = seed };
        return _method.Decode(GoldenGames.Sample(game, _method.CreateDesign(game.FeatureCount, ablations, settings)), settings, _cpu, TestContext.Current.CancellationToken);
    }
}
