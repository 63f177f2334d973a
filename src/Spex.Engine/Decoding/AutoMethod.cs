using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>Fits several ways and answers with the one that predicts unseen samples best, so that no explanation is worse than the simplest.</summary>
/// <remarks>
/// <para>Which masks it buys:</para>
/// <list type="table">
/// <item><term>budget of 2^n or more</term><description>all masks: the answer is exact</description></item>
/// <item><term>SPEX's design with 16 bins a group and the full degree, or more</term><description>the largest SPEX design that the budget carries, the rest uniform masks to validate on; every way fits them</description></item>
/// <item><term>less</term><description>uniform masks; SPEX does not run</description></item>
/// </list>
/// <para>
/// Regressions and trees lose nothing by the masks of a SPEX design: on average over its random matrices two characters are as nearly orthogonal as on as many
/// uniform masks. What it adds is the chance of high-order terms that no regression would find among 2^n.
/// </para>
/// <para>The ways, by the error on left-out samples (ties: the earlier): order 1, order 2 where its sets are few enough, SPEX, ProxySPEX, and
/// ProxySPEX with the sets that SPEX found. When one predicts everything, the later ones do not run.</para>
/// </remarks>
public sealed class AutoMethod : ExplanationMethod
{
    // Sets of an order-2 fit at most: n = 90.
    private const int MostSets = 4096;

    // Bins of a group: with fewer, several terms share almost every bin and SPEX finds none of them.
    private const int LeastLog2Bins = 4;

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
        long pairs = folded.FeatureCount * (folded.FeatureCount + 1L) / 2;
        (string Name, Func<Decoded> Fit, string? Skipped)[] ways =
        [
            ("order 1", () => LowOrder(1), null),
            ("order 2", () => LowOrder(2), settings.MaxDegree < 2 ? "sets of one feature were asked for" : pairs > MostSets ? $"more than {MostSets} sets" : null),
            ("spex", () => spex = Spex.Decode(samples, settings, device, cancel), hasDesign ? null : "its design takes a larger budget"),
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

        Decoded LowOrder(int order) => folded.ToDecoded(new SparseRefit(folded, order, cancel).Path(
            [.. Enumerable.Repeat(FeatureSets.UpTo(order, folded.FeatureCount).ToHashSet(), folded.FoldCount + 1)]));
    }
}
