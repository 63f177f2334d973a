using CsCheck;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

public sealed class SpexMethodTests : IDisposable
{
    private readonly CpuDevice _cpu = new();

    public static TheoryData<string, int> PeersCells => new()
    {
        { "F20_K50_snr10_s1", 1344 },
        { "A20_K30_s1", 1344 },
        { "F64_K50_snr10_s1", 1728 },
        { "H64_K20_snr10_s1", 6912 },
        { "A64_K30_s1", 1728 },
        { "H128_K20_s1", 1968 },
        { "H256_K20_snr10_s1", 2208 },
        { "A512_K30_s1", 2448 },
        { "F1000_K50_snr10_s1", 2688 },
        { "H1000_K60_s1", 2688 },
        { "F2000_K50_s1", 2928 },
        { "bike_rf_row500", 672 },
        { "breast16_rf", 1344 },
        { "digits64_rf_row1600", 1728 },
        { "digits64_mlp_row1600", 1728 },
        { "text_attn_n65", 1728 },
        { "text_attn_n253", 2208 },
    };

    public void Dispose() => _cpu.Dispose();

    [Theory]
    [MemberData(nameof(PeersCells))]
    public void Is_as_faithful_as_the_best_SPEX_there_is(string id, int ablations)
    {
        Game game = GoldenGames.Get(id);
        SpexDesign design = SpexDesign.ForBudget(game.FeatureCount, ablations, 5, 0);
        Decoded decoded = Decode(GoldenGames.Sample(game, design));
        Assert.True(design.Count <= ablations);
        double best = GoldenGames.BestPeer(id, ablations, "_SPEX");
        Assert.True(double.IsFinite(best), "The peers' results have this cell.");
        Assert.InRange(GoldenGames.R2(game, decoded.Spectrum), best - 0.002, 1);
    }

    [Theory]
    [InlineData("A20_K30_s1", 1344)]
    [InlineData("text_attn_n65", 1728)]
    [InlineData("digits64_rf_row1600", 1728)]
    [InlineData("F64_K50_s1", 1728)]
    public void Out_of_fold_faithfulness_tells_what_fresh_masks_tell(string id, int ablations)
    {
        Game game = GoldenGames.Get(id);
        Decoded decoded = Decode(GoldenGames.Sample(game, SpexDesign.ForBudget(game.FeatureCount, ablations, 5, 0)));
        Assert.InRange(decoded.OutOfFold!.R2 - GoldenGames.R2(game, decoded.Spectrum), -0.03, 0.03);
    }

    [Fact]
    public void Finds_a_random_sparse_spectrum_exactly() =>
        Gen.Select(Gen.Int[20, 300], Gen.Int[1, 20], Gen.ULong).Sample((n, terms, seed) =>
        {
            Spectrum truth = RandomSpectrum(n, terms, 5, seed);
            Decoded decoded = Decode(Sample(truth, SpexDesign.ForBudget(n, 4000, 5, seed)));
            Assert.Equal(truth.Terms.Select(term => term.Set), decoded.Spectrum.Terms.Select(term => term.Set));
            Assert.All(truth.Terms, term => Assert.Equal(term.Coefficient, decoded.Spectrum[term.Set], 1e-4));
            Assert.Equal(1, decoded.OutOfFold!.R2, 1e-6);
        }, iter: 30);

    /// <summary>From two features, where all masks are taken, to two thousand.</summary>
    [Fact]
    public void Any_number_of_features_gives_a_sparse_spectrum_back() =>
        Gen.Select(Gen.Double[0, 3], Gen.Int[1, 8], Gen.ULong).Sample((size, terms, seed) =>
        {
            int n = (int)(2 * Math.Pow(10, size));
            Spectrum truth = RandomSpectrum(n, Math.Min(terms, n), Math.Min(n, 4), seed);
            (ExplanationMethod method, long budget) = ExplanationMethods.Choose("spex", n, n < 20 ? null : 5000, new DecoderSettings { Seed = seed });
            Samples samples = Sample(truth, method.CreateDesign(n, budget, new DecoderSettings { Seed = seed }));
            Spectrum found = method.Decode(samples, new DecoderSettings { Seed = seed }, _cpu, TestContext.Current.CancellationToken).Spectrum;
            Assert.Equal(truth.Terms.Select(term => term.Set), found.Terms.Select(term => term.Set));
            Assert.All(truth.Terms, term => Assert.Equal(term.Coefficient, found[term.Set], 1e-4));
        }, iter: 20);

    [Fact]
    public void Hard_decoding_peels_clean_spectra_too()
    {
        Spectrum truth = RandomSpectrum(100, 15, 5, 3);
        Samples samples = Sample(truth, SpexDesign.ForBudget(100, 4000, 5, 3));
        Decoded decoded = new SpexMethod().Decode(samples, new DecoderSettings { BinDecoding = BinDecoding.Hard }, _cpu, TestContext.Current.CancellationToken);
        Assert.Equal(truth.Terms.Select(term => term.Set), decoded.Spectrum.Terms.Select(term => term.Set));
    }

    [Fact]
    public void The_result_has_the_same_bits_whatever_the_threads()
    {
        Samples samples = GoldenGames.Sample(GoldenGames.Get("text_attn_n65"), SpexDesign.ForBudget(65, 1728, 5, 2));
        SpectrumTerm[][] results = [.. new[] { 1, 2, 5 }.Select(threads =>
        {
            using CpuDevice device = new(threads);
            return new SpexMethod().Decode(samples, new DecoderSettings(), device, TestContext.Current.CancellationToken).Spectrum.Terms.ToArray();
        })];
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Fact]
    public void The_scale_of_the_values_does_not_matter()
    {
        Samples samples = GoldenGames.Sample(GoldenGames.Get("bike_rf_row500"), SpexDesign.ForBudget(12, 672, 5, 2));
        Spectrum plain = Decode(samples).Spectrum;
        foreach (float scale in new[] { 1f / (1 << 30), 1 << 30 })
        {
            // A power of two changes no rounding, so nothing but the scale may change.
            Spectrum scaled = Decode(samples with { Values = samples.Values.ToArray().Select(value => value * scale).ToArray() }).Spectrum;
            Assert.Equal(plain.Terms.Select(term => term.Set), scaled.Terms.Select(term => term.Set));
            Assert.All(plain.Terms, term => Assert.Equal(term.Coefficient, scaled[term.Set] / scale, 1e-6 * Math.Abs(term.Coefficient)));
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(3.25f)]
    [InlineData(-1e30f)]
    public void A_constant_function_is_its_constant(float value)
    {
        SpexDesign design = SpexDesign.ForBudget(40, 2000, 5, 0);
        Decoded decoded = Decode(new Samples(design, Enumerable.Repeat(value, (int)design.Count).ToArray()));
        Assert.All(decoded.Spectrum.Terms, term => Assert.Equal(FeatureSet.Empty, term.Set));
        Assert.Equal(value, decoded.Spectrum[FeatureSet.Empty], Math.Abs(value) * 1e-6);
        Assert.Equal(1, decoded.OutOfFold!.R2);
    }

    [Fact]
    public void Pure_noise_gives_few_terms_and_says_that_they_predict_nothing()
    {
        SpexDesign design = SpexDesign.ForBudget(100, 2000, 5, 0);
        float[] values = [.. Enumerable.Range(0, (int)design.Count).Select(i => (float)Philox.Gaussian(5, 0, (ulong)i))];
        Decoded decoded = Decode(new Samples(design, values));
        Assert.InRange(decoded.OutOfFold!.R2, -0.1, 0.02);
        Assert.True(decoded.Spectrum.Variance < 0.05, $"Noise of variance 1 gave a spectrum of variance {decoded.Spectrum.Variance}.");
    }

    [Fact]
    public void A_linear_function_of_many_features_is_estimated_well()
    {
        // 300 weights and noise, far beyond what peeling can separate: at least what order 1 gives.
        SpectrumTerm[] terms = [.. Enumerable.Range(0, 300).Select(i => new SpectrumTerm(new FeatureSet(i), Philox.Gaussian(1, 0, (ulong)i)))];
        Spectrum truth = new(300, terms);
        Decoded decoded = Decode(Sample(truth, SpexDesign.ForBudget(300, 2500, 5, 0)));
        SparseGame game = new(300, SparseBasis.Fourier, terms);
        Assert.InRange(GoldenGames.R2(game, decoded.Spectrum), 0.99, 1);
    }

    [Fact]
    public void Cancelling_stops_the_decode()
    {
        Samples samples = GoldenGames.Sample(GoldenGames.Get("text_attn_n65"), SpexDesign.ForBudget(65, 1728, 5, 2));
        Assert.Throws<OperationCanceledException>(() => new SpexMethod().Decode(samples, new DecoderSettings(), _cpu, new CancellationToken(true)));
    }

    [Theory]
    [InlineData(3, 8)]
    [InlineData(9, 512)]
    [InlineData(12, 1000)]
    [InlineData(128, 7872)]
    [InlineData(1000, 10_752)]
    public void The_default_budget_is_all_masks_or_the_design_with_64_bins(int n, long least)
    {
        long budget = new SpexMethod().DefaultBudget(n, new DecoderSettings());
        Assert.True(budget >= least, $"{budget}");
        Assert.True(n > 20 || budget <= 1L << n, $"{budget}");
    }

    [Fact]
    public void Too_small_a_budget_is_answered_with_the_least()
    {
        SpexMethod method = new();
        long least = method.LeastBudget(64, new DecoderSettings());
        SpexInputException error = Assert.Throws<SpexInputException>(() => method.CreateDesign(64, least - 1, new DecoderSettings()));
        Assert.Contains(least.ToString(), error.Message);
    }

    private static Spectrum RandomSpectrum(int n, int terms, int degree, ulong seed)
    {
        Dictionary<FeatureSet, double> chosen = new() { [FeatureSet.Empty] = 1 };
        for (ulong k = 0; chosen.Count <= terms; k++)
        {
            HashSet<int> set = [];
            int size = 1 + Philox.Below(seed, 1, k, degree);
            for (ulong i = 0; set.Count < size; i++)
            {
                set.Add(Philox.Below(seed, 100 + k, i, n));
            }

            chosen[new FeatureSet([.. set])] = 1 + Philox.Uniform(seed, 2, k);
        }

        return new Spectrum(n, chosen.Select(pair => new SpectrumTerm(pair.Key, pair.Value)));
    }

    private static Samples Sample(Spectrum truth, MaskDesign design) =>
        new(design, truth.Evaluate(design.ToMatrix(0, (int)design.Count)).Select(value => (float)value).ToArray());

    private Decoded Decode(Samples samples) => new SpexMethod().Decode(samples, new DecoderSettings(), _cpu, TestContext.Current.CancellationToken);
}
