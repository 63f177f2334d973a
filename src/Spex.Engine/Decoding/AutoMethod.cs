using System.Diagnostics;
using Spex.Core.Designs;
using Spex.Core.Spectra;
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

    /// <summary>Way by way, each of all functions that still need it.</summary>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(settings);
        using FoldedBatch folded = new(samples, settings.Seed, device);
        ProxySpexDecoder proxy = new(folded, settings, cancel);
        Decoded[] spex = new Decoded[samples.Count];
        bool hasDesign = samples[0].Design is SpexDesign;
        (string Name, Func<FoldedSamples[], IReadOnlyList<Decoded>> Fit, string? Skipped)[] ways =
        [
            ("order 1", functions => FoldedBatch.ToDecoded(functions, LowOrderFit.Of(functions, 1, cancel)), null),
            ("spex", functions => Keep(functions, Spex.DecodeBatch([.. functions.Select(function => samples[function.Number])], settings, device, cancel)), hasDesign ? null : "its design takes a larger budget"),
            ("order 2", functions => FoldedBatch.ToDecoded(functions, LowOrderFit.Of(functions, 2, cancel)), OrderTwoCannotRun(folded, settings)),
            ("proxyspex", functions => FoldedBatch.ToDecoded(functions, proxy.Fit(functions)), null),
            ("spex and proxyspex", functions => FoldedBatch.ToDecoded(functions, proxy.Fit(functions, [.. functions.Select(Found)])), hasDesign ? null : "SPEX did not run"),
        ];
        Choice[] choices = [.. samples.Select(_ => new Choice())];
        foreach ((string name, Func<FoldedSamples[], IReadOnlyList<Decoded>> fit, string? reason) in ways)
        {
            FoldedSamples[] open = reason is null ? [.. folded.Functions.Where(function => !choices[function.Number].PredictsEverything)] : [];
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<Decoded> decoded = open.Length > 0 ? fit(open) : [];
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / Math.Max(1, open.Length);
            for (int k = 0; k < open.Length; k++)
            {
                choices[open[k].Number].Try(name, decoded[k], seconds);
            }

            foreach (FoldedSamples function in folded.Functions.Except(open))
            {
                choices[function.Number].Skip(name, reason);
            }
        }

        return Array.ConvertAll(choices, choice => choice.Made());

        IReadOnlyList<Decoded> Keep(FoldedSamples[] functions, IReadOnlyList<Decoded> found)
        {
            for (int k = 0; k < functions.Length; k++)
            {
                spex[functions[k].Number] = found[k];
            }

            return found;
        }

        IEnumerable<FeatureSet> Found(FoldedSamples function) => spex[function.Number].Spectrum.Terms.Select(term => term.Set);
    }

    private static string? OrderTwoCannotRun(FoldedBatch samples, DecoderSettings settings)
    {
        long sets = OrderLimit.SetCount(2, samples.FeatureCount);
        return settings.MaxDegree < 2 ? "sets of one feature were asked for"
            : sets > MostSets ? $"more than {MostSets} sets"
            : sets > FewSets && sets * samples.Count > MostWork ? $"more than {FewSets} sets and too many samples for them"
            : null;
    }

    /// <summary>What was tried of one function, and the best of it.</summary>
    private sealed class Choice
    {
        private readonly PartTimes _times = new();
        private readonly List<Trial> _trials = [];
        private Decoded? _best;
        private int _chosen;

        /// <summary>Whether nothing is left to find.</summary>
        public bool PredictsEverything => _best?.OutOfFold!.R2 > Exact;

        public void Try(string name, Decoded decoded, double seconds)
        {
            _times.Add(name, seconds);
            if (_best is null || decoded.OutOfFold!.R2 > _best.OutOfFold!.R2)
            {
                (_best, _chosen) = (decoded, _trials.Count);
            }

            _trials.Add(new Trial(name, decoded.OutOfFold!.R2, null, false));
        }

        /// <summary>A way that did not run: where nothing is left to find that is why.</summary>
        public void Skip(string name, string? reason) =>
            _trials.Add(new Trial(name, null, PredictsEverything ? $"{_trials[_chosen].Name} predicts everything" : reason, false));

        public Decoded Made()
        {
            _trials[_chosen] = _trials[_chosen] with { Chosen = true };
            return _best! with { Timings = _times.All, Trials = _trials };
        }
    }
}
