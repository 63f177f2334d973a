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

    // Functions are decoded at once whose bins, those of all folds, can be numbered.
    private const int MostBins = 1 << 30;

    // About: of a bin its energy, weights, proposal, what was tried; of a term its pattern, and a coefficient in each table.
    private const int BytesOfBin = 256;
    private const int BytesOfTerm = 256;

    /// <summary>Decodes the values of one function or many, each as by itself, bit for bit: as many at once as there is memory for.</summary>
    /// <param name="design">The design of all.</param>
    /// <param name="samples">For each function one value a mask.</param>
    public Decoded[] Decode(SpexDesign design, IReadOnlyList<Samples> samples)
    {
        using BinDesign onDevice = new(design, device);
        int most = MostBins / (SpexRefit.FoldCount * design.GroupCount * design.BinCount);
        return MemoryBatches.Run(device, samples.Count, BytesOf(design), range => Decode(onDevice, [.. samples.Take(range)]), most);
    }

    /// <summary>Bytes that decoding a function takes, about: samples, what is left of them by the terms found, by the fit and by its folds; and of each bin and each term some numbers.</summary>
    internal static long BytesOf(SpexDesign design)
    {
        long bins = (long)design.GroupCount * design.BinCount, column = sizeof(float) * ((design.DelayCount + 7L) & ~7L);
        return (bins * (((4 + SpexRefit.FoldCount) * column) + BytesOfBin)) + (BytesOfTerm * (design.FeatureCount + bins));
    }

    private Decoded[] Decode(BinDesign onDevice, Samples[] given)
    {
        long start = Stopwatch.GetTimestamp();
        int functions = given.Length;
        SpexDesign design = onDevice.Design;
        using BinTable samples = new(onDevice, 1, functions);
        ValueScale[] moments;
        using (DeviceBuffer<float> rows = device.Allocate<float>(functions * design.QueryCount))
        {
            moments = Place(design, given, rows);
            Transform(samples, rows);
        }

        using BinRegression found = new(samples, onDevice.AllDelays);
        bool[] exact = FindTerms(samples, found);
        double findSeconds = Seconds(ref start);
        (SpectrumTerm[][] terms, double[][] foldEnergies) = Refit(samples, found, exact);
        double refitSeconds = Seconds(ref start);
        OutOfFoldErrors[] errors = Errors(samples, foldEnergies);
        double errorSeconds = Seconds(ref start);
        return [.. moments.Select((moment, function) => new Decoded(
            new Spectrum(design.FeatureCount, terms[function]
                .Select(term => term with { Coefficient = term.Coefficient * moment.Scale })
                .Append(new SpectrumTerm(FeatureSet.Empty, moment.Mean))),
            Scaled(errors[function], moment.Scale),
            [("transform and peeling", findSeconds / functions), ("refit", refitSeconds / functions), ("faithfulness", errorSeconds / functions)]))];
    }

    /// <summary>Values, one a query in the queries' order → bins.</summary>
    internal static BinTable Transform(BinDesign design, ReadOnlySpan<float> queryValues)
    {
        using DeviceBuffer<float> rows = design.Device.Allocate<float>(queryValues.Length);
        rows.CopyFrom(queryValues);
        BinTable bins = new(design);
        Transform(bins, rows);
        return bins;
    }

    /// <summary>Standardised values, one a query in the queries' order, to the device: from its own memory where the values of the masks are there, all in one buffer.</summary>
    private ValueScale[] Place(SpexDesign design, Samples[] given, DeviceBuffer<float> rows)
    {
        int count = checked((int)design.QueryCount);
        ReadOnlySpan<int> maskOfQuery = design.MaskOfQuery;
        DeviceBuffer<float>? onDevice = given[0].OnDevice is { } first && ReferenceEquals(first.Device, device) && Array.TrueForAll(given, one => ReferenceEquals(one.OnDevice, first)) ? first : null;
        ValueScale[] scales = new ValueScale[given.Length];
        for (int function = 0; function < given.Length; function++)
        {
            ReadOnlySpan<float> values = given[function].Values.Span;
            float[] queries = new float[count];
            for (int query = 0; query < count; query++)
            {
                queries[query] = values[maskOfQuery.IsEmpty ? query : maskOfQuery[query]];
            }

            (float[] centred, double mean, double scale) = Standardisation.Of(queries);
            scales[function] = new ValueScale(given[function].OnDeviceStart, mean, scale);
            if (onDevice is null)
            {
                rows.CopyFrom(centred, function * design.QueryCount);
            }
        }

        if (onDevice is not null)
        {
            using DeviceBuffer<int>? order = maskOfQuery.IsEmpty ? null : device.Allocate<int>(count);
            order?.CopyFrom(maskOfQuery);
            device.Values.Standardise(onDevice, order, count, scales, rows);
        }

        return scales;
    }

    private static void Transform(BinTable bins, DeviceBuffer<float> rows)
    {
        SpexDesign design = bins.Design.Design;
        Device device = bins.Design.Device;
        device.Hadamard.Transform(rows, checked(bins.FunctionCount * design.GroupCount * design.DelayCount), design.Log2Bins, 1f / design.BinCount);
        device.Codes.Gather(rows, bins);
    }

    private static double Seconds(ref long start)
    {
        long now = Stopwatch.GetTimestamp();
        double seconds = Stopwatch.GetElapsedTime(start, now).TotalSeconds;
        start = now;
        return seconds;
    }

    /// <summary>Finds the terms of all functions, stage by stage: each goes through the stages that it would go through by itself.</summary>
    /// <returns>For each function whether its terms leave nothing but rounding.</returns>
    private bool[] FindTerms(BinTable samples, BinRegression model)
    {
        SpexDesign design = samples.Design.Design;
        int[] all = [.. Enumerable.Range(0, samples.FunctionCount)];
        model.Add([.. all.Select(function => new FoundTerm(function, FeatureSet.Empty, 0))]);
        model.Reweigh(all, PriorDelaysBetween);
        model.Sweep(all);
        double[] variances = model.ResidualEnergies(all);
        using BinEvidence evidence = new(samples, [.. variances.Select(variance => (RoundingShare * variance / samples.BinCount) + LeastEnergy)]);
        device.Codes.TakeEnergies(model.Residual, evidence, all);
        int degree = Math.Min(settings.MaxDegree, design.FeatureCount);
        using Peeling peeling = new(model, evidence, degree);
        using SupportSearch search = new(model, evidence, degree);
        bool soft = settings.BinDecoding == BinDecoding.Soft;
        int limit = (int)Math.Min(1 << 20, TermShare * design.QueryCount);

        bool[] exact = new bool[all.Length];
        int[] going = Inexact(model, all, variances, exact);
        for (int round = 0; round < SearchRounds; round++)
        {
            going = [.. going.Where(function => model.SetsOf(function).Count < limit)];
            if (going.Length == 0)
            {
                break;
            }

            // The cheapest way that finds anything goes first; whatever comes in may open bins for the code again.
            int[] most = [.. all.Select(function => Math.Max(16, model.SetsOf(function).Count / 2))];
            int[] added = Peel(peeling, going, corrections: round == 0);
            int[] open = Inexact(model, going, variances, exact);
            Settle(model, evidence, open);
            Try(functions => search.AddNeighbours(functions, most));
            if (soft)
            {
                Try(functions => [.. peeling.Round(functions, soft: true).Select(count => count.New)]);
            }

            Try(functions => search.AddLowDegrees(functions, most));
            Settle(model, evidence, open);
            going = [.. Inexact(model, open, variances, exact).Where(function => added[function] > 0)];

            // A way to find terms, of the functions that found none so far.
            void Try(Func<int[], int[]> way)
            {
                int[] without = [.. open.Where(function => added[function] == 0)];
                if (without.Length > 0)
                {
                    int[] found = way(without);
                    Array.ForEach(without, function => added[function] = found[function]);
                }
            }
        }

        return exact;
    }

    /// <summary>Those functions whose terms leave more than rounding; the others are marked as exact.</summary>
    private static int[] Inexact(BinRegression model, int[] functions, double[] variances, bool[] exact)
    {
        double[] energies = model.ResidualEnergies(functions);
        for (int k = 0; k < functions.Length; k++)
        {
            exact[functions[k]] = energies[k] <= ExactShare * variances[functions[k]];
        }

        return [.. functions.Where(function => !exact[function])];
    }

    private int[] Peel(Peeling peeling, int[] functions, bool corrections)
    {
        int[] total = [];
        for (int round = 0; round < PeelingRounds && functions.Length > 0; round++)
        {
            cancel.ThrowIfCancellationRequested();
            (int New, int Corrected)[] found = peeling.Round(functions, soft: false);
            total = [.. found.Select((count, function) => count.New + (round == 0 ? 0 : total[function]))];

            // In the first pass nothing else corrects coefficients; later the sweeps do, and corrections without new terms would go in circles.
            functions = [.. functions.Where(function => found[function].New > 0 || (found[function].Corrected > 0 && corrections))];
        }

        return total;
    }

    private void Settle(BinRegression model, BinEvidence evidence, int[] functions)
    {
        for (int sweep = 0; sweep < SweepsBetween; sweep++)
        {
            model.Reweigh(functions, PriorDelaysBetween);
            model.Sweep(functions);
        }

        device.Codes.TakeEnergies(model.Residual, evidence, functions);
    }

    /// <summary>For each function its terms, and the residuals of the folds.</summary>
    private static (SpectrumTerm[][] Terms, double[][] FoldEnergies) Refit(BinTable samples, BinRegression found, bool[] exact)
    {
        SpexRefit refit = new(samples);
        SpectrumTerm[][] terms = new SpectrumTerm[exact.Length][];
        double[][] foldEnergies = new double[exact.Length][];
        int[] solved = [.. Enumerable.Range(0, exact.Length).Where(function => exact[function])], others = [.. Enumerable.Range(0, exact.Length).Where(function => !exact[function])];
        if (solved.Length > 0)
        {
            Keep(solved, found.ToTerms(), refit.ResidualsOfExactSupport(found, solved));
        }

        if (others.Length > 0)
        {
            (SpectrumTerm[][] fitted, double[]?[] energies) = refit.Fit(found, others);
            Keep(others, fitted, energies);
        }

        return (terms, foldEnergies);

        void Keep(int[] functions, SpectrumTerm[][] own, double[]?[] energies)
        {
            foreach (int function in functions)
            {
                (terms[function], foldEnergies[function]) = (own[function], energies[function]!);
            }
        }
    }

    /// <summary>For each function the sums of squares of each block, by Parseval: 2^b Σ_j u_j² is the sum over the block's samples.</summary>
    private OutOfFoldErrors[] Errors(BinTable samples, double[][] foldEnergies)
    {
        SpexDesign design = samples.Design.Design;
        int blocks = design.GroupCount * design.DelayCount;
        double[] totals = new double[samples.FunctionCount * blocks];
        float[] means = new float[totals.Length];
        device.Codes.BlockEnergies(samples, totals);
        device.Codes.BlockMeans(samples, means);
        return [.. foldEnergies.Select((energies, function) => ErrorsOf(design, energies, totals.AsSpan(function * blocks, blocks), means.AsSpan(function * blocks, blocks)))];
    }

    private static OutOfFoldErrors ErrorsOf(SpexDesign design, double[] foldEnergies, ReadOnlySpan<double> totals, ReadOnlySpan<float> means)
    {
        int blocks = totals.Length;
        double[] residual = new double[blocks], total = new double[blocks];
        double mean = 0;
        foreach (float one in means)
        {
            mean += one;
        }

        mean /= blocks;
        for (int block = 0; block < blocks; block++)
        {
            int delay = block % design.DelayCount;
            residual[block] = foldEnergies[(delay % SpexRefit.FoldCount * blocks) + block] * design.BinCount;
            total[block] = Math.Max(0, (totals[block] * design.BinCount) - (design.BinCount * mean * ((2.0 * means[block]) - mean)));
        }

        return new OutOfFoldErrors(residual, total, design.QueryCount);
    }

    private static OutOfFoldErrors Scaled(OutOfFoldErrors errors, double scale) =>
        new([.. errors.Residual.Select(error => error * scale * scale)], [.. errors.Total.Select(error => error * scale * scale)], errors.SampleCount);
}
