using System.Text.Json;
using Spex.Core.Games;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

/// <summary>LIME, Banzhaf, Faith-Banzhaf and LASSO: regressions on uniform masks.</summary>
public sealed class RegressionBaselinesTests : IDisposable
{
    private readonly CpuDevice _cpu = new();

    public static TheoryData<string, int, double> LimeCells
    {
        get
        {
            TheoryData<string, int, double> cells = [];
            foreach (JsonElement row in GoldenGames.Read("real_results.json").GetProperty("lime_kernelshap").EnumerateArray())
            {
                cells.Add(row.GetProperty("game").GetString()!, row.GetProperty("N").GetInt32(), row.GetProperty("lime_r2").GetDouble());
            }

            return cells;
        }
    }

    /// <summary>The peers' ridge of orders 1 and 2 in the Fourier basis, where the samples are enough to tell their sets apart.</summary>
    public static TheoryData<string, int, int, double> FaithBanzhafCells
    {
        get
        {
            TheoryData<string, int, int, double> cells = [];
            foreach (JsonElement row in GoldenGames.Read("real_results.json").GetProperty("results").EnumerateArray())
            {
                string method = row.GetProperty("method").GetString()!;
                if (method is "fb1" or "fb2")
                {
                    int order = method == "fb1" ? 1 : 2, features = row.GetProperty("n").GetInt32(), samples = row.GetProperty("n_samples").GetInt32();
                    if (samples > 3 * OrderLimit.SetCount(order, features) && samples < 1 << features)
                    {
                        cells.Add(row.GetProperty("game").GetString()!, order, samples, row.GetProperty("r2").GetDouble());
                    }
                }
            }

            return cells;
        }
    }

    public void Dispose() => _cpu.Dispose();

    [Theory]
    [MemberData(nameof(LimeCells))]
    public void Lime_reaches_what_its_own_software_reaches(string id, int ablations, double peer)
    {
        Game game = GoldenGames.Get(id);
        long budget = game.FeatureCount < 20 ? Math.Min(ablations, 1 << game.FeatureCount) : ablations;
        double r2 = GoldenGames.R2(game, RandomGames.Decode(new LimeMethod(), game, budget, new DecoderSettings(), _cpu).Spectrum);
        Assert.True(Math.Abs(r2 - peer) < 0.01, $"R² {r2:0.0000}, the peer's {peer:0.0000}");
    }

    [Theory]
    [MemberData(nameof(FaithBanzhafCells))]
    public void Faith_Banzhaf_reaches_what_the_peers_ridge_reaches(string id, int order, int ablations, double peer)
    {
        Game game = GoldenGames.Get(id);
        double r2 = GoldenGames.R2(game, RandomGames.Decode(new FaithBanzhafMethod(), game, ablations, new DecoderSettings { Order = order }, _cpu).Spectrum);
        Assert.True(Math.Abs(r2 - peer) < 0.01 + (0.1 * (1 - peer)), $"R² {r2:0.0000}, the peer's {peer:0.0000}");
    }

    /// <summary>On all masks the regression is the FBII of its order, when the ridge is all but gone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Ridge_on_all_masks_is_the_faithful_Banzhaf_index(int order)
    {
        double[] values = RandomGames.Normal(9, 1);
        InteractionValues exact = InteractionConverter.FromTable(values, InteractionIndex.Fbii, order);
        using FoldedSamples folded = FoldedSamples.From(RandomGames.All(values), 0, _cpu);
        SparseFit fit = RidgeRegression.Fit(folded.Batch, order, [1e-9], static _ => 1, TestContext.Current.CancellationToken)[0];
        Spectrum spectrum = FoldedBatch.ToDecoded([folded], [fit])[0].Spectrum;
        Assert.All(Errors(exact, InteractionConverter.Convert(spectrum, InteractionIndex.Fbii, order)), error => Assert.True(error < 1e-5, $"{error}"));
    }

    /// <summary>With the ridge that is the method's own: a function of degree 2 on all masks, to a hundredth.</summary>
    [Fact]
    public void Faith_Banzhaf_of_all_masks_is_the_index_up_to_the_ridge()
    {
        double[] values = RandomGames.OfDegree(2, RandomGames.Normal(10, 1));
        InteractionValues exact = InteractionConverter.FromTable(values, InteractionIndex.Fbii, 2);
        double[] errors = Errors(exact, InteractionConverter.Convert(Fit(new FaithBanzhafMethod(), values, 2), InteractionIndex.Fbii, 2));
        double size = exact.Interactions.Where(interaction => interaction.Set.Count > 0).Max(interaction => Math.Abs(interaction.Strength));
        Assert.True(errors.Max() < 0.01 * size, $"{errors.Max()} of {size}");
    }

    [Fact]
    public void Banzhaf_values_of_all_masks_are_exact()
    {
        double[] values = RandomGames.Normal(8, 2);
        InteractionValues exact = InteractionConverter.FromTable(values, InteractionIndex.Bv, 1);
        double[] errors = Errors(exact, InteractionConverter.Convert(Fit(new BanzhafMethod(), values, 1), InteractionIndex.Bv, 1));
        Assert.All(errors, error => Assert.True(error < 1e-6, $"{error}"));
    }

    /// <summary>A feature that adds a constant gets it, and features that act alike get the same.</summary>
    [Fact]
    public void Banzhaf_keeps_the_axioms()
    {
        double[] values = RandomGames.WithAxioms(7, 3, 0.5);
        InteractionValues strengths = InteractionConverter.Convert(Fit(new BanzhafMethod(), values, 1), InteractionIndex.Bv, 1);
        Assert.Equal(0.5, strengths[new FeatureSet(6)], 6);
        Assert.Equal(strengths[new FeatureSet(0)], strengths[new FeatureSet(1)], 6);
    }

    [Fact]
    public void Lasso_keeps_what_is_there_and_little_else()
    {
        SparseGame game = new(40, SparseBasis.Fourier, [new(new FeatureSet(3), 1), new(new FeatureSet(7), -0.6), new(new FeatureSet(3, 20), 0.8)]);
        Spectrum pairs = RandomGames.Decode(new LassoMethod(), game, 500, new DecoderSettings { Order = 2 }, _cpu).Spectrum;
        Assert.True(GoldenGames.R2(game, pairs) > 0.995);
        Assert.Equal(0.8, pairs[new FeatureSet(3, 20)], 1);
        Spectrum singles = RandomGames.Decode(new LassoMethod(), game, 500, new DecoderSettings { Order = 1 }, _cpu).Spectrum;
        Assert.Equal(1, singles.Degree);
        Assert.InRange(GoldenGames.R2(game, singles), 0.6, 0.68);
    }

    /// <summary>More pairs than samples: the path keeps the few that matter where least squares is lost.</summary>
    [Fact]
    public void Lasso_stands_more_sets_than_samples()
    {
        Game game = GoldenGames.Get("digits64_rf_row1600");
        Assert.True(GoldenGames.R2(game, RandomGames.Decode(new LassoMethod(), game, 1728, new DecoderSettings { Order = 2 }, _cpu).Spectrum) > 0.93);
    }

    [Fact]
    public void A_thousand_features_are_fitted()
    {
        SparseGame game = new(1000, SparseBasis.Fourier, Enumerable.Range(0, 1000).Select(i => new SpectrumTerm(new FeatureSet(i), 1.0 / (1 + i))));
        foreach (ExplanationMethod method in new ExplanationMethod[] { new LimeMethod(), new FaithBanzhafMethod(), new LassoMethod() })
        {
            double r2 = GoldenGames.R2(game, RandomGames.Decode(method, game, 3000, new DecoderSettings { Order = 1 }, _cpu).Spectrum);
            Assert.True(r2 > 0.999, $"{method.Name}: R² {r2:0.00000}");
        }
    }

    private static double[] Errors(InteractionValues exact, InteractionValues found) =>
        [.. exact.Interactions.Where(interaction => interaction.Set.Count > 0).Select(interaction => Math.Abs(interaction.Strength - found[interaction.Set]))];

    private Spectrum Fit(ExplanationMethod method, double[] values, int order) =>
        method.Decode(RandomGames.All(values), new DecoderSettings { Order = order }, _cpu, TestContext.Current.CancellationToken).Spectrum;
}
