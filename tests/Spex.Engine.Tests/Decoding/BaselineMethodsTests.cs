using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

/// <summary>What holds of every method that other people compare with.</summary>
public sealed class BaselineMethodsTests : IDisposable
{
    private readonly CpuDevice _cpu = new();

    public static TheoryData<string> Names =>
        [.. ExplanationMethods.Names.Except(["auto", "exact", "spex", "proxyspex"])];

    public void Dispose() => _cpu.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Threads_do_not_change_a_bit(string name)
    {
        ExplanationMethod method = Method(name);
        DecoderSettings settings = new() { Order = 2, Seed = 3 };
        Game game = GoldenGames.Get("breast30_rf_row450");
        Samples samples = GoldenGames.Sample(game, method.CreateDesign(30, 900, settings));
        using CpuDevice one = new(1), three = new(3);
        Decoded a = method.Decode(samples, settings, one, TestContext.Current.CancellationToken);
        Decoded b = method.Decode(samples, settings, three, TestContext.Current.CancellationToken);
        Assert.Equal(a.Spectrum.Terms, b.Spectrum.Terms);
        Assert.Equal(a.OutOfFold!.Residual, b.OutOfFold!.Residual);
    }

    /// <summary>Designs come from the seed, hold no mask twice and stay within the budget, whatever it is.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_budget_is_kept_and_no_mask_comes_twice(string name)
    {
        ExplanationMethod method = Method(name);
        foreach ((int features, int order) in new[] { (1, 1), (2, 1), (3, 2), (7, 3), (12, 2), (70, 1), (130, 1) })
        {
            DecoderSettings settings = new() { Order = order, Seed = 5 };
            long all = features < 20 ? 1L << features : long.MaxValue;
            long least = Math.Min(all, method.LeastBudget(features, settings));
            foreach (long budget in new[] { least, least + 1, least + 37, Math.Min(all, 1000), Math.Min(all, 1 << 13), all - 1 }.Where(b => b >= least && b < 1 << 14).Distinct())
            {
                MaskDesign design = method.CreateDesign(features, budget, settings);
                Assert.True(design.Count <= budget, $"{design.Count} masks of {budget}, n = {features}");
                MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
                Assert.Equal(design.Count, new StoredDesign(masks).Count);
                Assert.Equal(masks.Words, method.CreateDesign(features, budget, settings).ToMatrix(0, (int)design.Count).Words);
            }
        }
    }

    /// <summary>The errors on left-out samples tell what uniform masks tell.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_stated_is_what_fresh_masks_say(string name)
    {
        Game game = GoldenGames.Get("breast30_rf_row450");
        Decoded decoded = RandomGames.Decode(Method(name), game, 3000, new DecoderSettings { Order = name is "stii" ? 1 : 2 }, _cpu);
        double stated = decoded.OutOfFold!.R2, fresh = GoldenGames.R2(game, decoded.Spectrum);
        Assert.True(Math.Abs(stated - fresh) < 0.04 + (0.15 * (1 - fresh)), $"stated {stated:0.0000}, fresh masks {fresh:0.0000}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Equal_values_give_the_constant_alone(string name)
    {
        ExplanationMethod method = Method(name);
        DecoderSettings settings = new() { Order = 2 };
        MaskDesign design = method.CreateDesign(9, 200, settings);
        Decoded decoded = method.Decode(
            new Samples(design, Enumerable.Repeat(2.5f, (int)design.Count).ToArray()), settings, _cpu, TestContext.Current.CancellationToken);
        Assert.Equal(2.5, decoded.Spectrum[FeatureSet.Empty]);
        Assert.True(decoded.Spectrum.Variance < 1e-30, $"{decoded.Spectrum.Variance}");
        Assert.Equal(1, decoded.OutOfFold!.R2);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_of_any_unit_are_fitted_alike(string name)
    {
        ExplanationMethod method = Method(name);
        DecoderSettings settings = new() { Order = 2 };
        Samples samples = GoldenGames.Sample(GoldenGames.Get("bike_rf_row500"), method.CreateDesign(12, 700, settings));
        double largest = samples.Values.ToArray().Max(Math.Abs);
        Spectrum one = method.Decode(samples, settings, _cpu, TestContext.Current.CancellationToken).Spectrum;
        foreach (double unit in new[] { Math.ScaleB(1, 90), Math.ScaleB(1, -90) })
        {
            float[] scaled = [.. samples.Values.ToArray().Select(value => (float)(value * unit))];
            Spectrum other = method.Decode(samples with { Values = scaled }, settings, _cpu, TestContext.Current.CancellationToken).Spectrum;
            Assert.All(one.Terms, term => Assert.Equal(term.Coefficient / largest, other[term.Set] / unit / largest, 9));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_fewest_ablations_are_enough_for_an_answer(string name)
    {
        ExplanationMethod method = Method(name);
        foreach (int features in new[] { 1, 2, 9 })
        {
            DecoderSettings settings = new() { Order = 1 };
            long least = Math.Min(1L << features, method.LeastBudget(features, settings));
            MaskDesign design = method.CreateDesign(features, least, settings);
            float[] values = [.. Enumerable.Range(0, (int)design.Count).Select(i => (float)(i % 3))];
            Decoded decoded = method.Decode(new Samples(design, values), settings, _cpu, TestContext.Current.CancellationToken);
            Assert.All(decoded.Spectrum.Terms, term => Assert.True(double.IsFinite(term.Coefficient)));
            Assert.NotEmpty(decoded.OutOfFold!.Residual);
        }
    }

    [Theory]
    [InlineData("faith-banzhaf", 2, 2000, "2001001 sets; it takes at most 5000. Choose --order 1")]
    [InlineData("lasso", 2, 2000, "2001001 sets; it takes at most 20000. Choose --order 1")]
    [InlineData("lime", 2, 5000, "5001 sets; it takes at most 5000. Choose a method")]
    [InlineData("faith-banzhaf", 5, 8, "sets of up to 1 to 4 features; the order is 5")]
    [InlineData("exact", 1, 25, "at most 24 features; there are 25")]
    public void What_cannot_run_says_why(string name, int order, int features, string reason)
    {
        DecoderSettings settings = new() { Order = order };
        Assert.Contains(reason, Method(name).CannotRun(features, settings)!, StringComparison.Ordinal);
        SpexInputException error = Assert.Throws<SpexInputException>(() => ExplanationMethods.Choose(name, features, 10_000, settings));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Null(Method(name).CannotRun(6, new DecoderSettings { Order = 1 }));
    }

    private static ExplanationMethod Method(string name) => ExplanationMethods.All.Single(method => method.Name == name);
}
