using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;

namespace Spex.Engine.Explaining;

/// <summary>How far each interaction's strength would have come out differently had other masks been drawn: percentile intervals of a bootstrap over ablations.</summary>
/// <remarks>
/// <para>
/// The sets of the spectrum stay; their coefficients are fitted again to resampled ablations, in one Newton step from the fit: δ = (XᵀX)⁻¹ Xᵀ((w − 1) ∘ r), r the residuals scaled by
/// √(N/(N − m)), w independent Poisson weights of mean 1, which stand for drawing N ablations with replacement (the score bootstrap: Kline and Santos, J. Econometric Methods 1, 2012).
/// With more than <see cref="MostSolved"/> sets, or more than half as many as samples, XᵀX is taken for N·I, which uniform masks make it on average.
/// </para>
/// <para>Whether a set belongs to the spectrum at all, and what shrinking took off, is not in the intervals.</para>
/// </remarks>
internal static class StrengthBootstrap
{
    /// <summary>Resamples.</summary>
    public const int Resamples = 400;

    /// <summary>The most sets whose normal equations are solved.</summary>
    public const int MostSolved = 1500;

    // Resamples that are projected together.
    private const int Chunk = 40;

    // The seed's numbers that weigh ablations: "strength" in ASCII.
    private const ulong Stream = 0x737472656E677468;

    /// <summary>The intervals of all interactions but the empty set's, with the confidence of <see cref="Faithfulness.Confidence"/>.</summary>
    /// <param name="samples">The ablations that the spectrum was fitted to.</param>
    /// <param name="spectrum">The spectrum.</param>
    /// <param name="interactions">Its interactions.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="device">Where the loops run.</param>
    /// <param name="cancel">Ends the bootstrap.</param>
    public static IReadOnlyDictionary<FeatureSet, Interval> Intervals(
        Samples samples, Spectrum spectrum, InteractionValues interactions, ulong seed, Device device, CancellationToken cancel)
    {
        using FoldedSamples folded = FoldedSamples.From(samples, seed, device);
        FeatureSet[] sets = [.. spectrum.Terms.Select(term => term.Set)];
        if (sets.Length == 0)
        {
            return new Dictionary<FeatureSet, Interval>();
        }

        double[] residuals = Residuals(folded, spectrum, sets.Length);
        using DeviceBuffer<ulong> columns = folded.ColumnsOf(sets);
        (FeatureSet[] reported, List<(int Row, double Weight)>[] weights) = LinearMap(spectrum, interactions);

        double[][] changes = Array.ConvertAll(reported, _ => new double[Resamples]);
        double[] deltas = Deltas(folded, columns, sets.Length, residuals, seed, cancel);
        for (int resample = 0; resample < Resamples; resample++)
        {
            for (int j = 0; j < sets.Length; j++)
            {
                foreach ((int row, double weight) in weights[j])
                {
                    changes[row][resample] += weight * deltas[(resample * sets.Length) + j];
                }
            }
        }

        Dictionary<FeatureSet, Interval> intervals = new(FeatureSetComparer.Instance);
        for (int row = 0; row < reported.Length; row++)
        {
            Array.Sort(changes[row]);
            double tail = (1 - Faithfulness.Confidence) / 2, strength = interactions[reported[row]];
            intervals.Add(reported[row], new Interval(strength + Percentile(changes[row], tail), strength + Percentile(changes[row], 1 - tail)));
        }

        return intervals;
    }

    /// <summary>δ of every resample, a number a set.</summary>
    private static double[] Deltas(FoldedSamples folded, DeviceBuffer<ulong> columns, int sets, double[] residuals, ulong seed, CancellationToken cancel)
    {
        Device device = folded.Device;
        int samples = folded.Count;
        using DeviceBuffer<double> right = device.Allocate<double>((long)Chunk * samples), some = device.Allocate<double>((long)Chunk * sets), all = device.Allocate<double>((long)Resamples * sets);
        double[] weighted = new double[right.Length], deltas = new double[all.Length];
        ulong[] random = new ulong[samples];
        for (int first = 0; first < Resamples; first += Chunk)
        {
            cancel.ThrowIfCancellationRequested();
            for (int k = 0; k < Chunk; k++)
            {
                Philox.Fill(seed, Stream + (ulong)(first + k), 0, random);
                for (int i = 0; i < samples; i++)
                {
                    weighted[(k * samples) + i] = (Poisson(random[i]) - 1) * residuals[i];
                }
            }

            right.CopyFrom(weighted);
            device.SignMatrix.Project(columns, sets, samples, right, Chunk, [0, samples], some);
            some.CopyTo(all, some.Length, 0, (long)first * sets);
        }

        bool solve = sets <= Math.Min(MostSolved, samples / 2);
        if (solve)
        {
            device.Regression.SolveNormalEquations(columns, sets, samples, all, Resamples);
        }

        all.CopyTo(deltas);
        return solve ? deltas : Array.ConvertAll(deltas, product => product / samples);
    }

    private static double[] Residuals(FoldedSamples folded, Spectrum spectrum, int terms)
    {
        double[] predicted = folded.Predict([.. spectrum.Terms]);
        double scale = Math.Sqrt(folded.Count / (double)Math.Max(folded.Count / 2, folded.Count - terms));
        double[] residuals = new double[folded.Count];
        for (int i = 0; i < residuals.Length; i++)
        {
            residuals[i] = scale * (folded.Mean + (folded.Scale * folded.Values[i]) - predicted[i]);
        }

        return residuals;
    }

    /// <summary>An index is linear in the spectrum: what a coefficient of 1 adds to each interaction.</summary>
    private static (FeatureSet[] Reported, List<(int Row, double Weight)>[] Weights) LinearMap(Spectrum spectrum, InteractionValues interactions)
    {
        FeatureSet[] reported = [.. interactions.Interactions.Select(interaction => interaction.Set).Where(set => set.Count > 0)];
        Dictionary<FeatureSet, int> rows = new(FeatureSetComparer.Instance);
        for (int row = 0; row < reported.Length; row++)
        {
            rows.Add(reported[row], row);
        }

        List<(int, double)>[] weights = [.. spectrum.Terms.Select(term => InteractionConverter
            .Convert(new Spectrum(spectrum.FeatureCount, [term with { Coefficient = 1 }]), interactions.Index, interactions.Order).Interactions
            .Where(part => rows.ContainsKey(part.Set))
            .Select(part => (rows[part.Set], part.Strength)).ToList())];
        return (reported, weights);
    }

    /// <summary>A Poisson number of mean 1 by inversion.</summary>
    private static int Poisson(ulong bits)
    {
        double u = (bits >> 11) * (1.0 / (1UL << 53)), term = Math.Exp(-1), sum = term;
        int k = 0;
        while (u >= sum && k < 20)
        {
            k++;
            term /= k;
            sum += term;
        }

        return k;
    }

    /// <summary>Linear between order statistics.</summary>
    private static double Percentile(double[] ascending, double share)
    {
        double at = share * (ascending.Length - 1);
        int low = (int)at, high = Math.Min(ascending.Length - 1, low + 1);
        return ascending[low] + ((at - low) * (ascending[high] - ascending[low]));
    }
}
