using System.Diagnostics;
using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

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

    // Energies below this share of the mean bin are rounding of the float32 transform: 2⁻²³ relative, squared, with room for b butterflies.
    private const double RoundingShare = 1e-12;

    private const double LeastEnergy = 1e-20;

    /// <summary>Decodes one value a query, in the queries' order.</summary>
    /// <param name="design">The design.</param>
    /// <param name="queryValues">Its values.</param>
    /// <param name="maskValues">One value a mask in the device's memory, where they are there already.</param>
    public Decoded Decode(SpexDesign design, ReadOnlySpan<float> queryValues, DeviceBuffer<float>? maskValues = null)
    {
        long start = Stopwatch.GetTimestamp();
        (float[] centred, double mean, double scale) = Standardisation.Of(queryValues);
        using BinDesign onDevice = new(design, device);
        using DeviceBuffer<float> rows = device.Allocate<float>(design.QueryCount);
        Place(design, centred, maskValues, mean, scale, rows);
        return Decode(onDevice, Transform(onDevice, rows), mean, scale, start);
    }

    /// <summary>Decodes the values of many functions: they are transformed in one launch, then each is decoded by itself.</summary>
    /// <param name="design">The design of all.</param>
    /// <param name="queryValues">For each function one value a query.</param>
    /// <param name="maskValues">For each function one value a mask in the device's memory; null where they are not there.</param>
    public Decoded[] DecodeBatch(SpexDesign design, IReadOnlyList<float[]> queryValues, IReadOnlyList<DeviceBuffer<float>?> maskValues)
    {
        long start = Stopwatch.GetTimestamp();
        int functions = queryValues.Count, blocks = design.GroupCount * design.DelayCount;
        long count = design.QueryCount;
        (double Mean, double Scale)[] moments = new (double, double)[functions];
        using BinDesign onDevice = new(design, device);
        using DeviceBuffer<float> rows = device.Allocate<float>(count), all = device.Allocate<float>(functions * count);
        for (int function = 0; function < functions; function++)
        {
            (float[] centred, double mean, double scale) = Standardisation.Of(queryValues[function]);
            moments[function] = (mean, scale);
            Place(design, centred, maskValues[function], mean, scale, rows);
            rows.CopyTo(all, count, 0, function * count);
        }

        device.Hadamard.Transform(all, checked(functions * blocks), design.Log2Bins, 1f / design.BinCount);
        Decoded[] decoded = new Decoded[functions];
        for (int function = 0; function < functions; function++)
        {
            all.CopyTo(rows, count, function * count);
            BinTable bins = new(onDevice);
            device.Codes.Gather(rows, bins);
            decoded[function] = Decode(onDevice, bins, moments[function].Mean, moments[function].Scale, start);
            start = Stopwatch.GetTimestamp();
        }

        return decoded;
    }

    /// <summary>Decodes bins, which are then disposed.</summary>
    private Decoded Decode(BinDesign onDevice, BinTable bins, double mean, double scale, long start)
    {
        using BinTable samples = bins;
        SpexDesign design = onDevice.Design;
        using BinRegression found = FindTerms(samples, out bool exact);
        double findSeconds = Seconds(ref start);

        SpexRefit refit = new(samples);
        SpectrumTerm[] terms;
        double[] foldEnergies;
        if (exact)
        {
            foldEnergies = refit.ResidualsOfExactSupport(found);
            terms = found.ToTerms();
        }
        else
        {
            (BinRegression fit, foldEnergies) = refit.Fit(found);
            using (fit)
            {
                terms = fit.ToTerms();
            }
        }

        double refitSeconds = Seconds(ref start);
        OutOfFoldErrors errors = Errors(samples, foldEnergies);
        Spectrum spectrum = new(design.FeatureCount, terms
            .Select(term => term with { Coefficient = term.Coefficient * scale })
            .Append(new SpectrumTerm(FeatureSet.Empty, mean)));
        return new Decoded(
            spectrum,
            new OutOfFoldErrors([.. errors.Residual.Select(e => e * scale * scale)], [.. errors.Total.Select(e => e * scale * scale)], errors.SampleCount),
            [("transform and peeling", findSeconds), ("refit", refitSeconds), ("faithfulness", Seconds(ref start))]);
    }

    /// <summary>Values, one a query in the queries' order → bins.</summary>
    internal static BinTable Transform(BinDesign design, ReadOnlySpan<float> queryValues)
    {
        using DeviceBuffer<float> rows = design.Device.Allocate<float>(queryValues.Length);
        rows.CopyFrom(queryValues);
        return Transform(design, rows);
    }

    /// <summary>Standardised values, one a query, to the device: from its own memory where the values of the masks are there.</summary>
    private void Place(SpexDesign design, float[] centred, DeviceBuffer<float>? maskValues, double mean, double scale, DeviceBuffer<float> rows)
    {
        if (maskValues is null || !ReferenceEquals(maskValues.Device, device))
        {
            rows.CopyFrom(centred);
            return;
        }

        ReadOnlySpan<int> maskOfQuery = design.MaskOfQuery;
        using DeviceBuffer<int>? order = maskOfQuery.IsEmpty ? null : device.Allocate<int>(centred.Length);
        order?.CopyFrom(maskOfQuery);
        device.Values.Standardise(maskValues, order, centred.Length, mean, scale, rows);
    }

    private static BinTable Transform(BinDesign design, DeviceBuffer<float> rows)
    {
        int blocks = design.Design.GroupCount * design.Design.DelayCount;
        design.Device.Hadamard.Transform(rows, blocks, design.Design.Log2Bins, 1f / design.Design.BinCount);
        BinTable bins = new(design);
        design.Device.Codes.Gather(rows, bins);
        return bins;
    }

    private static double Seconds(ref long start)
    {
        long now = Stopwatch.GetTimestamp();
        double seconds = Stopwatch.GetElapsedTime(start, now).TotalSeconds;
        start = now;
        return seconds;
    }

    private BinRegression FindTerms(BinTable samples, out bool exact)
    {
        SpexDesign design = samples.Design.Design;
        BinRegression model = new(samples, samples.Design.AllDelays);
        model.Add([FeatureSet.Empty], [0]);
        model.Reweigh(PriorDelaysBetween);
        model.Sweep();
        double variance = model.ResidualEnergy();
        using BinEvidence evidence = new(samples, (RoundingShare * variance / samples.BinCount) + LeastEnergy);
        device.Codes.TakeEnergies(model.Residual, evidence);
        int degree = Math.Min(settings.MaxDegree, design.FeatureCount);
        using Peeling peeling = new(model, evidence, degree);
        using SupportSearch search = new(model, evidence, degree);
        bool soft = settings.BinDecoding == BinDecoding.Soft;
        int most = (int)Math.Min(1 << 20, TermShare * design.QueryCount);

        exact = model.ResidualEnergy() <= ExactShare * variance;
        for (int round = 0; round < SearchRounds && !exact && model.Sets.Count < most; round++)
        {
            // The cheapest way that finds anything goes first; whatever comes in may open bins for the code again.
            int some = Math.Max(16, model.Sets.Count / 2);
            int added = Peel(peeling, corrections: round == 0);
            exact = model.ResidualEnergy() <= ExactShare * variance;
            if (!exact)
            {
                Settle(model, evidence);
                added = added == 0 ? search.AddNeighbours(some) : added;
                added = added == 0 && soft ? peeling.Round(soft: true).New : added;
                added = added == 0 ? search.AddLowDegrees(some) : added;
                Settle(model, evidence);
                exact = model.ResidualEnergy() <= ExactShare * variance;
            }

            if (added == 0)
            {
                break;
            }
        }

        return model;
    }

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

    private void Settle(BinRegression model, BinEvidence evidence)
    {
        for (int sweep = 0; sweep < SweepsBetween; sweep++)
        {
            model.Reweigh(PriorDelaysBetween);
            model.Sweep();
        }

        device.Codes.TakeEnergies(model.Residual, evidence);
    }

    /// <summary>Sums of squares of each block, by Parseval: 2^b Σ_j u_j² is the sum over the block's samples.</summary>
    private OutOfFoldErrors Errors(BinTable samples, double[] foldEnergies)
    {
        SpexDesign design = samples.Design.Design;
        int blocks = design.GroupCount * design.DelayCount;
        double[] residual = new double[blocks], total = new double[blocks], means = new double[blocks];
        device.Codes.BlockEnergies(samples, total);
        float[] column = new float[design.DelayCount];
        for (int block = 0; block < blocks; block++)
        {
            (int group, int delay) = Math.DivRem(block, design.DelayCount);
            if (delay == 0)
            {
                samples.CopyColumn(group << design.Log2Bins, column);
            }

            residual[block] = foldEnergies[(delay % SpexRefit.FoldCount * blocks) + block] * design.BinCount;
            total[block] *= design.BinCount;
            means[block] = column[delay];
        }

        double mean = means.Average();
        for (int block = 0; block < blocks; block++)
        {
            total[block] = Math.Max(0, total[block] - (design.BinCount * mean * ((2 * means[block]) - mean)));
        }

        return new OutOfFoldErrors(residual, total, design.QueryCount);
    }
}
