using System.Diagnostics;
using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Decoding;

/// <summary>
/// The values of a <see cref="SpexDesign"/> → spectrum: Walsh-Hadamard transform of each block, peeling by the BCH code, search among sets of low
/// degree and neighbours of what is known, then a shrinking refit on all samples.
/// </summary>
internal sealed class SpexDecoder(DecoderSettings settings, Device device, CancellationToken cancel)
{
    // Terms at most, as a share of the samples: beyond it least squares would follow the noise.
    private const double TermShare = 0.25;

    // What is left when the support is complete: rounding of float32 values, a share of the variance.
    private const double ExactShare = 1e-9;

    // Rounds at most; a round that finds nothing ends the search before.
    private const int PeelingRounds = 50;
    private const int SearchRounds = 60;

    // Sweeps after each round: bins weighted almost by their own variance, so that solved bins rule crowded ones.
    private const int SweepsBetween = 4;
    private const double PriorDelaysBetween = 1;

    /// <summary>Decodes one value a query, in the queries' order.</summary>
    public Decoded Decode(SpexDesign design, ReadOnlySpan<float> queryValues)
    {
        CpuDevice cpu = device as CpuDevice ?? new CpuDevice();
        long start = Stopwatch.GetTimestamp();
        SpexPattern[] features = SpexPattern.OfFeatures(design);
        (float[] centred, double mean, double scale) = Standardise(queryValues);
        SpexBins samples = SpexBins.FromValues(design, centred, device);
        BinRegression found = FindTerms(samples, features, cpu, out bool exact);
        double findSeconds = Seconds(ref start);

        SpexRefit refit = new(samples, features, cpu);
        BinRegression fit = found;
        SpexBins[] residuals;
        if (exact)
        {
            residuals = refit.ResidualsOfExactSupport(found);
        }
        else
        {
            (fit, residuals) = refit.Fit(found);
        }

        double refitSeconds = Seconds(ref start);
        OutOfFoldErrors errors = Errors(samples, residuals);
        Spectrum spectrum = new(design.FeatureCount, fit.ToTerms()
            .Select(term => term with { Coefficient = term.Coefficient * scale })
            .Append(new SpectrumTerm(FeatureSet.Empty, mean)));
        return new Decoded(
            spectrum,
            new OutOfFoldErrors([.. errors.Residual.Select(e => e * scale * scale)], [.. errors.Total.Select(e => e * scale * scale)], errors.SampleCount),
            [("transform and peeling", findSeconds), ("refit", refitSeconds), ("faithfulness", Seconds(ref start))]);
    }

    /// <summary>
    /// Values without their mean and scaled by a power of two to at most 1, so that squares stay within float32 whatever the unit, and a large
    /// constant does not cost the digits of what varies.
    /// </summary>
    private static (float[] Values, double Mean, double Scale) Standardise(ReadOnlySpan<float> values)
    {
        double mean = 0;
        foreach (float value in values)
        {
            mean += (double)value / values.Length;
        }

        double largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs(value - mean));
        }

        double scale = largest == 0 ? 1 : Math.ScaleB(1, Math.ILogB(largest) + 1);
        float[] standardised = new float[values.Length];
        for (int i = 0; i < standardised.Length; i++)
        {
            standardised[i] = (float)((values[i] - mean) / scale);
        }

        return (standardised, mean, scale);
    }

    private static double Seconds(ref long start)
    {
        long now = Stopwatch.GetTimestamp();
        double seconds = Stopwatch.GetElapsedTime(start, now).TotalSeconds;
        start = now;
        return seconds;
    }

    private BinRegression FindTerms(SpexBins samples, SpexPattern[] features, CpuDevice cpu, out bool exact)
    {
        BinRegression model = new(samples.Clone(), features, samples.AllDelays);
        model.Reweigh(PriorDelaysBetween);
        model.Add(FeatureSet.Empty, 0);
        model.Sweep();
        TermEvidence evidence = new(model.Residual);
        double variance = model.Residual.TotalEnergy(samples.AllDelays);
        int degree = Math.Min(settings.MaxDegree, samples.Design.FeatureCount);
        Peeling peeling = new(model, evidence, features, degree, cpu);
        SupportSearch search = new(model, evidence, features, degree, cpu);
        bool soft = settings.BinDecoding == BinDecoding.Soft;
        int most = (int)Math.Min(1 << 20, TermShare * samples.Design.QueryCount);

        exact = IsExplained(samples, model, variance);
        for (int round = 0; round < SearchRounds && !exact && model.Sets.Count < most; round++)
        {
            // The cheapest way that finds anything goes first; whatever comes in may open bins for the code again.
            int some = Math.Max(16, model.Sets.Count / 2);
            int added = Peel(peeling, corrections: round == 0);
            exact = IsExplained(samples, model, variance);
            if (!exact)
            {
                Settle(model, evidence);
                added = added == 0 ? search.AddNeighbours(some) : added;
                added = added == 0 && soft ? peeling.Round(soft: true).New : added;
                added = added == 0 ? search.AddLowDegrees(some) : added;
                Settle(model, evidence);
                exact = IsExplained(samples, model, variance);
            }

            if (added == 0)
            {
                break;
            }
        }

        return model;
    }

    private static bool IsExplained(SpexBins samples, BinRegression model, double variance) =>
        model.Residual.TotalEnergy(samples.AllDelays) <= ExactShare * variance;

    private int Peel(Peeling peeling, bool corrections)
    {
        int total = 0;
        for (int round = 0; round < PeelingRounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            (int added, int corrected) = peeling.Round(soft: false);
            total += added;

            // In the first pass nothing else corrects coefficients; later the sweeps do, and corrections without new terms would go in circles.
            if (added == 0 && (corrected == 0 || !corrections))
            {
                break;
            }
        }

        return total;
    }

    private static void Settle(BinRegression model, TermEvidence evidence)
    {
        for (int sweep = 0; sweep < SweepsBetween; sweep++)
        {
            model.Reweigh(PriorDelaysBetween);
            model.Sweep();
        }

        evidence.Refresh();
    }

    /// <summary>Sums of squares of each block, by Parseval: 2^b Σ_j u_j² is the sum over the block's samples.</summary>
    private static OutOfFoldErrors Errors(SpexBins samples, SpexBins[] residuals)
    {
        SpexDesign design = samples.Design;
        int blocks = design.GroupCount * design.DelayCount;
        double[] residual = new double[blocks], total = new double[blocks], means = new double[blocks];
        for (int block = 0; block < blocks; block++)
        {
            (int group, int delay) = Math.DivRem(block, design.DelayCount);
            residual[block] = residuals[delay % residuals.Length].BlockEnergy(group, delay) * design.BinCount;
            total[block] = samples.BlockEnergy(group, delay) * design.BinCount;
            means[block] = samples.Column(group << design.Log2Bins)[delay];
        }

        double mean = means.Average();
        for (int block = 0; block < blocks; block++)
        {
            total[block] = Math.Max(0, total[block] - (design.BinCount * mean * ((2 * means[block]) - mean)));
        }

        return new OutOfFoldErrors(residual, total, design.QueryCount);
    }
}
