using System.Text.Json;
using Spex.Core;
using Spex.Core.Games;
using Spex.Core.Interactions;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

/// <summary>KernelSHAP, permutation SHAP, Faith-Shap and Shapley-Taylor: what keeps efficiency.</summary>
public sealed class ShapleyBaselinesTests : IDisposable
{
    private static readonly ShapMethod Shap = new();
    private static readonly PermutationShapMethod PermutationShap = new();
    private static readonly FaithShapMethod FaithShap = new();
    private static readonly ShapleyTaylorMethod Stii = new();

    private readonly CpuDevice _cpu = new();

    public static TheoryData<string, string, int> Golden
    {
        get
        {
            TheoryData<string, string, int> cells = [];
            foreach (JsonElement game in GoldenGames.Read("exact_indices.json").GetProperty("games").EnumerateArray())
            {
                foreach (JsonElement index in game.GetProperty("indices").EnumerateArray())
                {
                    if (index.GetProperty("index").GetString() is "SV" or "FSII" or "STII")
                    {
                        cells.Add(game.GetProperty("name").GetString()!, index.GetProperty("index").GetString()!, index.GetProperty("order").GetInt32());
                    }
                }
            }

            return cells;
        }
    }

    public void Dispose() => _cpu.Dispose();

    /// <summary>With all masks the estimates are the indices, as other software computes them; float32 values and the pivots allow 2e-5 of the largest.</summary>
    [Theory]
    [MemberData(nameof(Golden))]
    public void All_masks_give_the_exact_index(string name, string index, int order)
    {
        JsonElement game = GoldenGames.Read("exact_indices.json").GetProperty("games").EnumerateArray().Single(game => game.GetProperty("name").GetString() == name);
        JsonElement expected = game.GetProperty("indices").EnumerateArray()
            .First(entry => entry.GetProperty("index").GetString() == index && entry.GetProperty("order").GetInt32() == order).GetProperty("values");
        double[] values = [.. game.GetProperty("values").EnumerateArray().Select(value => value.GetDouble())];
        int features = (int)Math.Log2(values.Length);
        double size = values.Max(Math.Abs);
        ExplanationMethod[] methods = index switch
        {
            "SV" => [Shap, PermutationShap],
            "FSII" => [FaithShap],
            _ => [Stii],
        };
        foreach (ExplanationMethod method in methods)
        {
            Spectrum spectrum = RandomGames.Decode(method, new TableGame(values), values.Length, new DecoderSettings { Order = order }, _cpu).Spectrum;
            InteractionValues found = InteractionConverter.Convert(spectrum, InteractionIndexOf(index), order);
            foreach (JsonProperty entry in expected.EnumerateObject().Where(entry => entry.Name.Length > 0))
            {
                double strength = found[new FeatureSet([.. entry.Name.Split(',').Select(int.Parse)])];
                Assert.True(
                    Math.Abs(strength - entry.Value.GetDouble()) < 2e-5 * size, $"{method.Name} of {{{entry.Name}}}, n = {features}: {strength}, not {entry.Value.GetDouble()}");
            }
        }
    }

    /// <summary>Part of the masks: efficiency holds all the same, what adds a constant gets it, and estimates come near.</summary>
    [Theory]
    [InlineData("shap")]
    [InlineData("permutation-shap")]
    public void Shapley_values_keep_efficiency_and_dummies(string name)
    {
        double[] values = RandomGames.WithAxioms(10, 4, 0.75);
        Spectrum spectrum = RandomGames.Decode(Method(name), new TableGame(values), 400, new DecoderSettings(), _cpu).Spectrum;
        InteractionValues found = InteractionConverter.Convert(spectrum, InteractionIndex.Sv, 1), exact = InteractionConverter.FromTable(values, InteractionIndex.Sv, 1);
        Assert.Equal(values[^1] - values[0], Enumerable.Range(0, 10).Sum(i => found[new FeatureSet(i)]), 6);
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(exact[new FeatureSet(i)], found[new FeatureSet(i)], 0.35));
        if (name == "permutation-shap")
        {
            Assert.Equal(0.75, found[new FeatureSet(9)], 6);
        }
    }

    [Theory]
    [InlineData("faith-shap", 2)]
    [InlineData("faith-shap", 3)]
    [InlineData("stii", 2)]
    [InlineData("stii", 3)]
    public void Interactions_keep_efficiency(string name, int order)
    {
        double[] values = RandomGames.Normal(9, 5);
        Spectrum spectrum = RandomGames.Decode(Method(name), new TableGame(values), 400, new DecoderSettings { Order = order }, _cpu).Spectrum;
        double sum = MoebiusTransform.ToMoebius(spectrum).Terms.Where(term => term.Set.Count > 0).Sum(term => term.Coefficient);
        Assert.Equal(values[^1] - values[0], sum, 5);
    }

    /// <summary>A function of the order is found from few masks: whatever they are, they say the same.</summary>
    [Theory]
    [InlineData("shap", 1)]
    [InlineData("permutation-shap", 1)]
    [InlineData("faith-shap", 2)]
    [InlineData("faith-shap", 3)]
    [InlineData("stii", 2)]
    [InlineData("stii", 3)]
    public void Functions_of_the_order_are_exact(string name, int order)
    {
        double[] values = RandomGames.OfDegree(order, RandomGames.Normal(12, 6));
        Decoded decoded = RandomGames.Decode(Method(name), new TableGame(values), 1200, new DecoderSettings { Order = order }, _cpu);
        Assert.True(GoldenGames.R2(new TableGame(values), decoded.Spectrum) > 1 - 1e-9);
    }

    /// <summary>More orders of the features come nearer.</summary>
    [Fact]
    public void Shapley_Taylor_converges()
    {
        double[] values = RandomGames.Normal(12, 7);
        InteractionValues exact = InteractionConverter.FromTable(values, InteractionIndex.Stii, 2);
        double Error(long budget)
        {
            double sum = 0;
            for (ulong seed = 0; seed < 5; seed++)
            {
                Spectrum spectrum = RandomGames.Decode(Stii, new TableGame(values), budget, new DecoderSettings { Order = 2, Seed = seed }, _cpu).Spectrum;
                InteractionValues found = InteractionConverter.Convert(spectrum, InteractionIndex.Stii, 2);
                sum += exact.Interactions.Where(pair => pair.Set.Count == 2).Sum(pair => Math.Pow(pair.Strength - found[pair.Set], 2));
            }

            return Math.Sqrt(sum / 5 / 66);
        }

        double few = Error(300), more = Error(1200), most = Error(4095);
        Assert.True(more < 0.75 * few && most < 0.2 * few, $"{few}, {more}, {most}");
    }

    /// <summary>Corners first, sizes complete from outside in, every mask with its complement.</summary>
    [Fact]
    public void The_kernels_masks_are_paired_and_complete_where_they_can_be()
    {
        ShapleyKernelDesign design = ShapleyKernelDesign.Create(12, 1000, 3);
        Assert.Equal(1000, design.Count);
        MaskMatrix masks = design.ToMatrix(0, 1000);
        int[] sizes = [.. Enumerable.Range(0, 1000).Select(masks.CountPresent)];
        Assert.Equal([0, 12], sizes[..2]);
        Assert.Equal(12, sizes.Count(size => size == 1));
        Assert.Equal(66, sizes.Count(size => size == 10));
        for (int row = 0; row < 1000; row += 2)
        {
            Assert.Equal((1UL << 12) - 1, masks.Row(row)[0] ^ masks.Row(row + 1)[0]);
        }

        // All of the kernel's weight is given out.
        Assert.Equal(1, sizes.Sum(design.WeightOf), 12);
        Assert.Equal(0, design.WeightOf(0));
    }

    /// <summary>Every budget is used up to the last mask, and 2^n − 1 masks leave only one out.</summary>
    [Fact]
    public void The_kernels_design_uses_all_of_the_budget()
    {
        for (int budget = 2; budget <= 64; budget++)
        {
            Assert.Equal(budget, ShapleyKernelDesign.Create(6, budget, (ulong)budget).Count);
        }

        Assert.Equal(64, ShapleyKernelDesign.Create(6, 1000, 0).Count);
        Assert.Equal(3000, ShapleyKernelDesign.Create(1500, 3000, 0).Count);
    }

    [Fact]
    public void A_thousand_features_are_explained()
    {
        SparseGame game = new(1000, SparseBasis.Moebius, Enumerable.Range(0, 1000).Select(i => new SpectrumTerm(new FeatureSet(i), 1.0 / (1 + i))));
        foreach (string name in new[] { "shap", "permutation-shap" })
        {
            double r2 = GoldenGames.R2(game, RandomGames.Decode(Method(name), game, 4000, new DecoderSettings(), _cpu).Spectrum);
            Assert.True(r2 > 0.9999, $"{name}: R² {r2:0.00000}");
        }
    }

    [Theory]
    [InlineData("faith-shap", 2, 100)]
    [InlineData("stii", 3, 40)]
    public void Too_many_sets_are_refused(string name, int order, int features) =>
        Assert.Contains("it takes at most 5000", Method(name).CannotRun(features, new DecoderSettings { Order = order })!, StringComparison.Ordinal);

    [Theory]
    [InlineData("shap", 1, 32)]
    [InlineData("permutation-shap", 1, 32)]
    [InlineData("faith-shap", 2, 467)]
    [InlineData("stii", 2, 497)]
    public void Too_small_budgets_are_refused(string name, int order, long least)
    {
        DecoderSettings settings = new() { Order = order };
        Assert.Equal(least, Method(name).LeastBudget(30, settings));
        SpexInputException error = Assert.Throws<SpexInputException>(() => Method(name).CreateDesign(30, least - 1, settings));
        Assert.Contains($"at least {least} ablations", error.Message, StringComparison.Ordinal);
    }

    private static InteractionIndex InteractionIndexOf(string name) => name switch
    {
        "SV" => InteractionIndex.Sv,
        "FSII" => InteractionIndex.Fsii,
        _ => InteractionIndex.Stii,
    };

    private static ExplanationMethod Method(string name) => ExplanationMethods.All.Single(method => method.Name == name);
}
