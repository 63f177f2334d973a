using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

public sealed class AutoMethodTests : IDisposable
{
    private readonly CpuDevice _cpu = new();
    private readonly AutoMethod _method = new();

    public static TheoryData<string, int> PeersCells => new()
    {
        { "F20_K50_snr10_s1", 1344 },
        { "A64_K30_s1", 1728 },
        { "H64_K20_snr10_s1", 1728 },
        { "breast16_rf", 672 },
        { "digits64_mlp_row1600", 1728 },
        { "text_attn_n65", 1728 },
        { "text_attn_n253", 2208 },
    };

    public void Dispose() => _cpu.Dispose();

    [Theory]
    [MemberData(nameof(PeersCells))]
    public void Is_no_worse_than_the_best_of_all_peers_methods(string id, int ablations)
    {
        Game game = GoldenGames.Get(id);
        Decoded decoded = Decode(game, ablations, new DecoderSettings());
        double r2 = GoldenGames.R2(game, decoded.Spectrum);
        Assert.True(r2 >= GoldenGames.BestPeer(id, ablations, "") - 0.002, $"R² {r2:0.0000}");
    }

    /// <summary>Which masks it buys.</summary>
    [Theory]
    [InlineData(30, 20, false)]
    [InlineData(30, 671, false)]
    [InlineData(30, 672, true)]
    [InlineData(1000, 1000, false)]
    [InlineData(1000, 1343, false)]
    [InlineData(1000, 1344, true)]
    [InlineData(1000, 20_000, true)]
    public void Buys_a_SPEX_design_where_the_budget_carries_one(int features, int budget, bool spex)
    {
        MaskDesign design = _method.CreateDesign(features, budget, new DecoderSettings());
        Assert.Equal(spex, design is SpexDesign);
        Assert.InRange(design.Count, spex ? budget / 2 : budget - 2, budget);
    }

    [Fact]
    public void Chooses_the_fit_with_the_smallest_error_on_left_out_samples_and_says_so()
    {
        Decoded decoded = Decode(GoldenGames.Get("text_attn_n65"), 1728, new DecoderSettings());
        Trial chosen = Assert.Single(decoded.Trials, trial => trial.Chosen);
        Assert.Equal(decoded.Trials.Max(trial => trial.R2), chosen.R2);
        Assert.Equal(chosen.R2, decoded.OutOfFold!.R2);
        Assert.Equal(["order 1", "spex", "order 2", "proxyspex", "spex and proxyspex"], decoded.Trials.Select(trial => trial.Name));
        Assert.All(decoded.Trials, trial => Assert.True(trial.R2 is null ^ trial.Skipped is null));
    }

    [Fact]
    public void What_cannot_run_or_need_not_is_skipped_with_a_reason()
    {
        SparseGame line = new(200, SparseBasis.Fourier, [new SpectrumTerm(new FeatureSet(3), 1)]);
        Decoded exact = Decode(line, 300, new DecoderSettings());
        Assert.True(exact.Trials[0].Chosen);
        Assert.All(exact.Trials.Skip(1), trial => Assert.Equal("order 1 predicts everything", trial.Skipped));

        Decoded small = Decode(GoldenGames.Get("text_attn_n253"), 400, new DecoderSettings());
        Assert.Equal("its design takes a larger budget", small.Trials[1].Skipped);
        Assert.Equal("more than 20000 sets", small.Trials[2].Skipped);
    }

    /// <summary>No answer is worse than the simplest: LASSO of order 1, and of order 2 where few samples make pairs hard to tell from chance.</summary>
    [Theory]
    [InlineData("line", 20, 300)]
    [InlineData("weak pairs", 30, 400)]
    [InlineData("weak pairs", 40, 1500)]
    [InlineData("network", 30, 400)]
    [InlineData("network", 120, 400)]
    [InlineData("ands", 30, 300)]
    [InlineData("parity", 30, 400)]
    [InlineData("noise", 30, 500)]
    [InlineData("constant", 30, 500)]
    public void Is_no_worse_than_plain_regressions_on_random_functions(string kind, int features, int ablations)
    {
        Game game = RandomGames.OfKind(kind, features, 17);
        double ours = GoldenGames.R2(game, Decode(game, ablations, new DecoderSettings()).Spectrum);
        foreach (int order in new[] { 1, 2 }.Where(order => order == 1 || features < 64))
        {
            double plain = GoldenGames.R2(game, RandomGames.Decode(new LassoMethod(), game, ablations, new DecoderSettings { Order = order }, _cpu).Spectrum);

            // Which fit is the best is told by some hundred samples: their chance counts for a hundredth of what is not explained.
            Assert.True(double.IsNaN(plain) || ours >= plain - 0.002 - (0.05 * (1 - plain)), $"R² {ours:0.0000}, LASSO of order {order} {plain:0.0000}");
        }
    }

    /// <summary>One term of five features among noise of single ones: no regression finds it, and a design with 8 bins a group does.</summary>
    [Fact]
    public void A_term_of_high_order_is_found_from_eight_bins_a_group()
    {
        Game game = RandomGames.OfKind("parity", 64, 3);
        Decoded decoded = Decode(game, 1500, new DecoderSettings());
        Assert.True(GoldenGames.R2(game, decoded.Spectrum) > 0.99);
        Assert.Equal("spex", decoded.Trials.Single(trial => trial.Chosen).Name);
    }

    private Decoded Decode(Game game, int ablations, DecoderSettings settings) => _method.Decode(
        GoldenGames.Sample(game, _method.CreateDesign(game.FeatureCount, ablations, settings)), settings, _cpu, TestContext.Current.CancellationToken);
}
