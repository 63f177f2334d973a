using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>Fits several ways and answers with the one that predicts unseen samples best, so that no explanation is worse than the simplest.</summary>
/// <remarks>
/// <para>Which masks it buys:</para>
/// <list type="table">
/// <item><term>budget of 2^n or more</term><description>all masks: the answer is exact</description></item>
/// <item><term>SPEX's design with 8 bins a group and the full degree, 24(P + 1) masks where its code has P parity bits, or more</term><description>the largest SPEX design that the budget carries, the rest uniform masks to validate on; every way fits them</description></item>
/// <item><term>less</term><description>uniform masks; SPEX does not run</description></item>
/// </list>
/// <para>
/// Regressions and trees lose nothing by the masks of a SPEX design: on average over its random matrices two characters are as nearly orthogonal as on as many
/// uniform masks. What it adds is the chance of high-order terms that no regression would find among 2^n.
/// </para>
/// <para>The ways, by the error on left-out samples (ties: the earlier): order 1, SPEX, order 2 where its sets are few enough, ProxySPEX, and
/// ProxySPEX with the sets that SPEX found. When one predicts everything, the later ones do not run.</para>
/// </remarks>
public sealed class AutoMethod : ExplanationMethod
{
    // Sets of an order-2 fit: up to the first number (n = 90) whatever the samples, up to the second (n = 199) where sets × samples are some seconds' work.
    private const int FewSets = 4096, MostSets = 20_000;
    private const long MostWork = 1L << 26;

    // Bins of a group: the fewest that SPEX takes at the full degree.
    private const int LeastLog2Bins = 3;

    // Out-of-fold R² at which nothing is left to find.
    private const double Exact = 1 - 1e-9;

    private static readonly SpexMethod Spex = new();

    /// <inheritdoc/>
    public override string Name => ExplanationMethods.Auto;

    /// <summary>2: below that nothing can be left out to judge a fit.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => 2;

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) =>
        CarriesSpex(featureCount, budget, settings) ? Spex.CreateDesign(featureCount, budget, settings) : UniformMasks(this, featureCount, budget, settings);

    private static bool CarriesSpex(int featureCount, long budget, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return !settings.UniformMasksOnly && featureCount >= LeastLog2Bins && budget >= SpexDesign.BudgetFor(featureCount, settings.MaxDegree, LeastLog2Bins);
    }

    /// <inheritdoc/>
    public override Decoded Decode(Samples samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(settings);
        using FoldedSamples folded = FoldedSamples.From(samples, settings.Seed, device);
        ProxySpexDecoder proxy = new(folded, settings, cancel);
        Decoded? spex = null;
        bool hasDesign = samples.Design is SpexDesign;
        (string Name, Func<Decoded> Fit, string? Skipped)[] ways =
        [
            ("order 1", () => folded.ToDecoded(LowOrderFit.Of(folded, 1, cancel)), null),
            ("spex", () => spex = Spex.Decode(samples, settings, device, cancel), hasDesign ? null : "its design takes a larger budget"),
            ("order 2", () => folded.ToDecoded(LowOrderFit.Of(folded, 2, cancel)), OrderTwoCannotRun(folded, settings)),
            ("proxyspex", () => folded.ToDecoded(proxy.Fit()), null),
            ("spex and proxyspex", () => folded.ToDecoded(proxy.Fit(spex!.Spectrum.Terms.Select(term => term.Set))), hasDesign ? null : "SPEX did not run"),
        ];
        PartTimes times = new();
        List<Trial> trials = [];
        Decoded? best = null;
        int chosen = 0;
        foreach ((string name, Func<Decoded> fit, string? reason) in ways)
        {
            string? skipped = best?.OutOfFold!.R2 > Exact ? $"{ways[chosen].Name} predicts everything" : reason;
            Decoded? decoded = skipped is null ? times.Measure(name, fit) : null;
            if (decoded is not null && (best is null || decoded.OutOfFold!.R2 > best.OutOfFold!.R2))
            {
                (best, chosen) = (decoded, trials.Count);
            }

            trials.Add(new Trial(name, decoded?.OutOfFold!.R2, skipped, false));
        }

        trials[chosen] = trials[chosen] with { Chosen = true };
        return best! with { Timings = times.All, Trials = trials };
    }

    private static string? OrderTwoCannotRun(FoldedSamples samples, DecoderSettings settings)
    {
        long sets = OrderLimit.SetCount(2, samples.FeatureCount);
        return settings.MaxDegree < 2 ? "sets of one feature were asked for"
            : sets > MostSets ? $"more than {MostSets} sets"
            : sets > FewSets && sets * samples.Count > MostWork ? $"more than {FewSets} sets and too many samples for them"
            : null;
    }
}
