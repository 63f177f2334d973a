using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Decoding;

/// <summary>
/// Banzhaf values by maximum sample reuse (Wang and Jia, "Data Banzhaf: A robust data valuation framework for machine learning", AISTATS 2023): on uniformly random masks,
/// the mean value with a feature less the mean value without it.
/// </summary>
/// <remarks>
/// The function that stands for the values φ is mean + Σ_i φ_i·([i ∈ m] − ½), whose Banzhaf values they are. A feature that every mask keeps, or none, gets 0.
/// </remarks>
public sealed class BanzhafMethod : ExplanationMethod
{
    /// <inheritdoc/>
    public override string Name => "banzhaf";

    /// <summary>2: below that nothing can be left out to judge the fit.</summary>
    public override long LeastBudget(int featureCount, DecoderSettings settings) => 2;

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings) => UniformMasks(this, featureCount, budget, settings);

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel) =>
        Decode(samples, settings, device, Fit);

    private static SparseFit[] Fit(FoldedBatch samples)
    {
        Sums[] sums = samples.Device is CpuDevice ? [.. samples.Functions.Select(AddUp)] : AddUpOnDevice(samples);
        return Array.ConvertAll(sums, own => new SparseFit([.. Enumerable.Range(0, samples.FoldCount + 1).Select(p => Without(own, p))], 0));
    }

    /// <summary>The fit without a fold; F for none.</summary>
    private static SpectrumTerm[] Without(Sums sums, int p)
    {
        int[] others = [.. Enumerable.Range(0, sums.All.Length).Where(fold => fold != p)];
        double sum = others.Sum(fold => sums.All[fold]), count = others.Sum(fold => sums.Counts[fold]);
        SpectrumTerm[] terms = new SpectrumTerm[sums.With[0].Length + 1];
        terms[0] = new SpectrumTerm(FeatureSet.Empty, sum / count);
        for (int feature = 0; feature + 1 < terms.Length; feature++)
        {
            double sumWith = others.Sum(fold => sums.With[fold][feature]), countWith = others.Sum(fold => sums.CountsWith[fold][feature]);
            double value = countWith == 0 || countWith == count ? 0 : (sumWith / countWith) - ((sum - sumWith) / (count - countWith));
            terms[feature + 1] = new SpectrumTerm(new FeatureSet(feature), -value / 2);
        }

        return terms;
    }

    private static Sums AddUp(FoldedSamples samples)
    {
        MaskMatrix rows = samples.Batch.Rows;
        Sums sums = new(samples.FoldCount, samples.FeatureCount);
        samples.Batch.For(samples.FoldCount, fold =>
        {
            for (int i = samples.Boundaries[fold]; i < samples.Boundaries[fold + 1]; i++)
            {
                double value = samples.Values[i];
                sums.All[fold] += value;
                sums.Counts[fold]++;
                for (int feature = 0; feature < samples.FeatureCount; feature++)
                {
                    double present = rows[i, feature] ? 1 : 0;
                    sums.With[fold][feature] += present * value;
                    sums.CountsWith[fold][feature] += present;
                }
            }
        });
        return sums;
    }

    /// <summary>
    /// The same sums of the masks' columns, where they are: a column is a character's, so its product with the values is the sum without the feature less that with it, and the masks in which it
    /// differs from the constant are those with it. Two numbers a feature and fold come to the host.
    /// </summary>
    private static Sums[] AddUpOnDevice(FoldedBatch samples)
    {
        Device device = samples.Device;
        int n = samples.FeatureCount, folds = samples.FoldCount, functions = samples.Functions.Count;
        using DeviceBuffer<double> products = device.Allocate<double>((long)functions * folds * n);
        using DeviceBuffer<int> differing = device.Allocate<int>((long)folds * n);
        using DeviceBuffer<ulong> constant = device.Allocate<ulong>(MaskMatrix.WordsFor(samples.Count));
        constant.Fill(0);
        device.SignMatrix.Project(samples.MaskColumns, n, samples.Count, samples.Targets, functions, samples.Boundaries, products);
        device.SignMatrix.Gram(samples.MaskColumns, n, constant, 1, samples.Count, samples.Boundaries, differing);
        double[] signed = new double[functions * folds * n];
        int[] present = new int[folds * n];
        products.CopyTo(signed);
        differing.CopyTo(present);
        return [.. samples.Functions.Select(function =>
        {
            Sums sums = new(folds, n);
            for (int fold = 0; fold < folds; fold++)
            {
                ReadOnlySpan<double> values = function.Values.AsSpan(samples.Boundaries[fold]..samples.Boundaries[fold + 1]);
                sums.Counts[fold] = values.Length;
                foreach (double value in values)
                {
                    sums.All[fold] += value;
                }

                for (int feature = 0; feature < n; feature++)
                {
                    sums.With[fold][feature] = (sums.All[fold] - signed[(((function.Number * folds) + fold) * n) + feature]) / 2;
                    sums.CountsWith[fold][feature] = present[(fold * n) + feature];
                }
            }

            return sums;
        })];
    }

    /// <summary>Sums and counts over each fold, of all masks and of those with a feature.</summary>
    private sealed class Sums(int folds, int features)
    {
        public double[] All { get; } = new double[folds];

        public double[] Counts { get; } = new double[folds];

        public double[][] With { get; } = [.. Enumerable.Range(0, folds).Select(_ => new double[features])];

        public double[][] CountsWith { get; } = [.. Enumerable.Range(0, folds).Select(_ => new double[features])];
    }
}
