using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Explaining;
using Spex.Engine.Optimisation;

namespace Spex.Engine.Benchmarking;

/// <summary>Methods against each other on the same value functions, each with the same number of ablations (the protocol of Kang et al., "SPEX", 2025, and Butler et al., "ProxySPEX", 2025).</summary>
/// <remarks>
/// Faithfulness is R² on uniformly random masks that no fit has seen; a noisy game is judged by its noiseless form. Rem(r) removes the r features that the spectrum holds for the strongest,
/// found by an exact optimiser, and asks the function itself; a removal whose proof takes too long is counted. What validation and removals evaluate is outside the budget.
/// </remarks>
public sealed class FaithfulnessBenchmark
{
    private const int RecallCount = 10;

    // CP-SAT's effort for one removal in one direction.
    private const double RemovalEffort = 0.5;

    // The seed's numbers that draw validation masks of noisy games: "validate" in ASCII.
    private const ulong ValidationStream = 0x76616C6964617465;

    private readonly Device _device;
    private readonly int _masks;
    private readonly int _removals;

    /// <summary>Makes a benchmark.</summary>
    /// <param name="device">Where everything runs; the caller's.</param>
    /// <param name="masks">Validation masks, 2 or more.</param>
    /// <param name="removals">The largest r of Rem(r), 0 or more.</param>
    public FaithfulnessBenchmark(Device device, int masks = 1000, int removals = 7)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(masks, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(removals);
        (_device, _masks, _removals) = (device, masks, removals);
    }

    /// <summary>The cell of a run that has not been made.</summary>
    public BenchmarkCell CellOf(BenchmarkSubject subject, string method, long budget, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return new BenchmarkCell(subject.Name, subject.Function.Fingerprint, method, budget, seed, _masks) { Device = _device.Name };
    }

    /// <summary>Runs one method on one function. A method that cannot run there gives a cell that says why.</summary>
    /// <param name="subject">The function.</param>
    /// <param name="method">The method as <see cref="BenchmarkMethod.Parse"/> reads it.</param>
    /// <param name="budget">Ablations.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="cancel">Ends the run.</param>
    /// <exception cref="SpexException">The function failed.</exception>
    /// <exception cref="SpexInputException">There is no such method.</exception>
    public BenchmarkCell Run(BenchmarkSubject subject, string method, long budget, ulong seed, CancellationToken cancel)
    {
        BenchmarkCell cell = CellOf(subject, method, budget, seed);
        BenchmarkMethod named = BenchmarkMethod.Parse(method);
        bool isNoisy = subject.Game is { } game && !ReferenceEquals(game.Noiseless, game);
        Explanation explanation;
        try
        {
            ExplainerSettings settings = new() { Method = named.Name, Budget = budget, Seed = seed, Validate = isNoisy ? 0 : _masks };
            settings = named.Order is { } order ? settings with { Order = order } : settings;
            explanation = new Explainer(_device).Explain(subject.Function, settings, null, cancel);
        }
        catch (SpexInputException error)
        {
            return cell with { Skipped = error.Message };
        }

        Faithfulness faithfulness = isNoisy ? Judge(explanation.Spectrum, subject.Game!.Noiseless, seed) : explanation.Faithfulness;
        (double[] removal, int unproven, int evaluated) = Remove(subject, explanation, cancel);
        return cell with
        {
            R2 = faithfulness.R2,
            Lower = faithfulness.Lower,
            Upper = faithfulness.Upper,
            Removal = removal,
            UnprovenRemovals = unproven,
            Recall = subject.Game is SparseGame sparse ? RecallOf(explanation.Spectrum, sparse) : null,
            Ablations = explanation.Run.Ablations,
            FurtherAblations = explanation.Run.ValidationAblations + evaluated,
            DecodeSeconds = explanation.Run.Timings.Where(timing => timing.Part != "model").Sum(timing => timing.Seconds),
        };
    }

    private static double RecallOf(Spectrum spectrum, SparseGame game)
    {
        Spectrum truth = game.Basis == SparseBasis.Fourier
            ? new Spectrum(game.FeatureCount, game.Terms)
            : MoebiusTransform.ToFourier(new MoebiusExpansion(game.FeatureCount, game.Terms));
        return Recovery.RecallAt(RecallCount, Strongest(spectrum), Strongest(truth));
    }

    private static FeatureSet[] Strongest(Spectrum spectrum) =>
    [
        .. spectrum.Terms.Where(term => term.Set.Count > 0)
            .OrderByDescending(term => Math.Abs(term.Coefficient)).ThenBy(term => term.Set).Select(term => term.Set),
    ];

    private Faithfulness Judge(Spectrum spectrum, Game truth, ulong seed)
    {
        long count = truth.FeatureCount < 30 ? Math.Min(_masks, 1L << truth.FeatureCount) : _masks;
        MaskMatrix masks = new UniformDesign(truth.FeatureCount, seed, ValidationStream, count).ToMatrix(0, (int)count);
        return Faithfulness.Of(truth.Evaluate(masks), spectrum.Evaluate(masks), FaithfulnessMeasure.Validated, seed);
    }

    private (double[] Rem, int Unproven, int Evaluated) Remove(BenchmarkSubject subject, Explanation explanation, CancellationToken cancel)
    {
        int n = subject.Function.FeatureCount, most = Math.Min(_removals, n);
        if (most == 0)
        {
            return ([], 0, 0);
        }

        MaskMatrix masks = new(most + 1, n);
        int unproven = 0;
        for (int r = 0; r <= most; r++)
        {
            FillDesign.WriteCorner(true, n, masks.Row(r));
            if (r > 0)
            {
                RemovalOptimum optimum = TopRemoval.Find(explanation.Spectrum, r, new RemovalSettings { EffortLimit = RemovalEffort }, cancel);
                unproven += optimum.Gap > 0 ? 1 : 0;
                foreach (int feature in optimum.Strongest.Features.Features)
                {
                    masks.Row(r)[feature >> 6] &= ~(1UL << feature);
                }
            }
        }

        double[] values = new double[most + 1];
        if (subject.Game is { } game)
        {
            values = game.Noiseless.Evaluate(masks);
        }
        else
        {
            using AblationRunner runner = new(subject.Function, _device, null, null, null);
            Array.ConvertAll(runner.Run(new StoredDesign(masks), 0, cancel), value => (double)value).CopyTo(values, 0);
        }

        return ([.. values.Skip(1).Select(value => Removal.Rem(values[0], value) ?? double.NaN)], unproven, most + 1);
    }
}
