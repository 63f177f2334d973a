using System.Globalization;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Optimisation;

/// <summary>The features of a given number that are worth most together (Butler et al., ProxySPEX, 2025, on attention heads): by a spectrum, and by what it is compared with.</summary>
/// <remarks>
/// The baselines are the paper's: LASSO on single features, whose best set are those of the largest coefficients, and the best of many random sets, each of them evaluated. The set under
/// the spectrum is <see cref="TopRemoval.FindRise"/>'s.
/// </remarks>
public static class Pruning
{
    // "PRUNE": a stream of the seed's numbers that nothing else uses.
    private const ulong Stream = 0x50_5255_4E45;

    // A random set that was drawn before is drawn again this many times on average before fewer sets are taken.
    private const int DrawsPerSet = 20;

    /// <summary>Finds the sets and evaluates them.</summary>
    /// <param name="function">What is explained.</param>
    /// <param name="device">Where masks and values live.</param>
    /// <param name="spectrum">A spectrum of the function.</param>
    /// <param name="kept">Features that are kept, 1 to n − 1.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="progress">Told after every batch of ablations.</param>
    /// <param name="cancel">Ends the run.</param>
    /// <returns>All features; the spectrum's set; LASSO's; the best random one, unless none was asked for.</returns>
    /// <exception cref="ArgumentException">The spectrum has another number of features.</exception>
    /// <exception cref="Core.SpexException">The function failed or gave a value that is not finite, or the samples file could not be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<PrunedSet> Run(
        IValueFunction function, Device device, Spectrum spectrum, int kept, PruningSettings settings, IProgress<AblationProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(settings);
        int n = function.FeatureCount;
        if (spectrum.FeatureCount != n)
        {
            throw new ArgumentException($"The spectrum has {spectrum.FeatureCount} features, the function {n}.", nameof(spectrum));
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(kept);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(kept, n);
        RemovalSet best = TopRemoval.FindRise(spectrum, n - kept, settings.Removal, cancel);
        Explanation lasso = new Explainer(device).Explain(
            function, new ExplainerSettings { Method = "lasso", Order = 1, Budget = settings.Budget, Seed = settings.Seed, SamplesFile = settings.SamplesFile }, progress, cancel);
        RemovalSet linear = TopRemoval.FindRise(lasso.Spectrum, n - kept, settings.Removal, cancel);

        List<FeatureSet> sets = [new FeatureSet([.. Enumerable.Range(0, n)]), Others(best.Features, n), Others(linear.Features, n), .. RandomSets(n, kept, settings)];
        float[] values = Evaluate(function, device, sets, settings.SamplesFile, progress, cancel);
        List<PrunedSet> found =
        [
            new("all", sets[0], values[0]),
            new("spectrum", sets[1], values[1], Predicted(spectrum, sets[1]), best.Gap),
            new("lasso", sets[2], values[2], Predicted(lasso.Spectrum, sets[2]), linear.Gap),
        ];
        if (sets.Count > found.Count)
        {
            int highest = Enumerable.Range(found.Count, sets.Count - found.Count).MaxBy(i => values[i]);
            found.Add(new(string.Create(CultureInfo.InvariantCulture, $"best of {sets.Count - found.Count:N0} random"), sets[highest], values[highest]));
        }

        return found;
    }

    /// <summary>The values of masks with only these features present; sets that appear several times are evaluated once.</summary>
    private static float[] Evaluate(
        IValueFunction function, Device device, List<FeatureSet> sets, string? samplesFile, IProgress<AblationProgress>? progress, CancellationToken cancel)
    {
        FeatureSet[] distinct = [.. sets.Distinct()];
        MaskMatrix masks = new(distinct.Length, function.FeatureCount);
        for (int row = 0; row < distinct.Length; row++)
        {
            Write(distinct[row], masks.Row(row));
        }

        using SamplesFile? samples = samplesFile is null
            ? null
            : SamplesFile.Open(samplesFile, new SamplesHeader(function.Fingerprint, function.FeatureCount, AblationRunner.PlanFor(function)));
        using AblationRunner runner = new(function, device, samples, null, progress) { Total = distinct.Length };
        float[] values = runner.Run(new StoredDesign(masks), 0, cancel);
        Dictionary<FeatureSet, float> valueOf = distinct.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. sets.Select(set => valueOf[set])];
    }

    /// <summary>Distinct random sets of a size; fewer where there are not so many.</summary>
    private static IEnumerable<FeatureSet> RandomSets(int n, int size, PruningSettings settings)
    {
        HashSet<FeatureSet> drawn = [];
        int[] order = [.. Enumerable.Range(0, n)];
        for (long draw = 0; drawn.Count < settings.RandomSets && draw < (long)DrawsPerSet * settings.RandomSets; draw++)
        {
            // The first steps of a shuffle: every set of the size is as likely as every other.
            for (int i = 0; i < size; i++)
            {
                int other = i + Philox.Below(settings.Seed, Stream, (ulong)((draw * n) + i), n - i);
                (order[i], order[other]) = (order[other], order[i]);
            }

            FeatureSet set = new(order.AsSpan(0, size));
            if (drawn.Add(set))
            {
                yield return set;
            }
        }
    }

    private static FeatureSet Others(FeatureSet removed, int n) => new([.. Enumerable.Range(0, n).Where(feature => !removed.Contains(feature))]);

    private static double Predicted(Spectrum spectrum, FeatureSet present)
    {
        ulong[] mask = new ulong[MaskMatrix.WordsFor(spectrum.FeatureCount)];
        Write(present, mask);
        return spectrum.Evaluate(mask);
    }

    private static void Write(FeatureSet present, Span<ulong> mask)
    {
        foreach (int feature in present)
        {
            mask[feature >> 6] |= 1UL << (feature & 63);
        }
    }
}
