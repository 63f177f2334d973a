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
    public override Decoded Decode(Samples samples, DecoderSettings settings, Device device, CancellationToken cancel) =>
        Decode(samples, settings, device, Fit);

    private static SparseFit Fit(FoldedSamples samples)
    {
        int n = samples.FeatureCount, folds = samples.FoldCount;

        // Sums and counts over each fold, of all masks and of those with a feature.
        double[] sums = new double[folds], counts = new double[folds];
        double[][] sumsWith = Rows(), countsWith = Rows();
        if (samples.Device is CpuDevice)
        {
            AddUp(samples, sums, counts, sumsWith, countsWith);
        }
        else
        {
            AddUpOnDevice(samples, sums, counts, sumsWith, countsWith);
        }

        return new SparseFit([.. Enumerable.Range(0, folds + 1).Select(Without)], 0);

        double[][] Rows() => [.. Enumerable.Range(0, folds).Select(_ => new double[n])];

        SpectrumTerm[] Without(int p)
        {
            int[] others = [.. Enumerable.Range(0, folds).Where(fold => fold != p)];
            double sum = others.Sum(fold => sums[fold]), count = others.Sum(fold => counts[fold]);
            SpectrumTerm[] terms = new SpectrumTerm[n + 1];
            terms[0] = new SpectrumTerm(FeatureSet.Empty, sum / count);
            for (int feature = 0; feature < n; feature++)
            {
                double sumWith = others.Sum(fold => sumsWith[fold][feature]), countWith = others.Sum(fold => countsWith[fold][feature]);
                double value = countWith == 0 || countWith == count ? 0 : (sumWith / countWith) - ((sum - sumWith) / (count - countWith));
                terms[feature + 1] = new SpectrumTerm(new FeatureSet(feature), -value / 2);
            }

            return terms;
        }
    }

    private static void AddUp(FoldedSamples samples, double[] sums, double[] counts, double[][] sumsWith, double[][] countsWith)
    {
        MaskMatrix rows = PresenceColumns.RowsOf(samples);
        samples.For(samples.FoldCount, fold =>
        {
            for (int i = samples.Boundaries[fold]; i < samples.Boundaries[fold + 1]; i++)
            {
                double value = samples.Values[i];
                sums[fold] += value;
                counts[fold]++;
                for (int feature = 0; feature < samples.FeatureCount; feature++)
                {
                    double present = rows[i, feature] ? 1 : 0;
                    sumsWith[fold][feature] += present * value;
                    countsWith[fold][feature] += present;
                }
            }
        });
    }

    /// <summary>
    /// The same sums of the masks' columns, where they are: a column is a character's, so its product with the values is the sum without the feature less that with it, and the masks in which it
    /// differs from the constant are those with it. Two numbers a feature and fold come to the host.
    /// </summary>
    private static void AddUpOnDevice(FoldedSamples samples, double[] sums, double[] counts, double[][] sumsWith, double[][] countsWith)
    {
        Device device = samples.Device;
        int n = samples.FeatureCount, folds = samples.FoldCount;
        using DeviceBuffer<double> products = device.Allocate<double>((long)folds * n);
        using DeviceBuffer<int> differing = device.Allocate<int>((long)folds * n);
        using DeviceBuffer<ulong> constant = device.Allocate<ulong>(samples.Words);
        constant.Fill(0);
        device.SignMatrix.Project(samples.MaskColumns, n, samples.Count, samples.Targets, 1, samples.Boundaries, products);
        device.SignMatrix.Gram(samples.MaskColumns, n, constant, 1, samples.Count, samples.Boundaries, differing);
        double[] signed = new double[folds * n];
        int[] present = new int[folds * n];
        products.CopyTo(signed);
        differing.CopyTo(present);
        for (int fold = 0; fold < folds; fold++)
        {
            ReadOnlySpan<double> values = samples.Values.AsSpan(samples.Boundaries[fold]..samples.Boundaries[fold + 1]);
            counts[fold] = values.Length;
            foreach (double value in values)
            {
                sums[fold] += value;
            }

            for (int feature = 0; feature < n; feature++)
            {
                sumsWith[fold][feature] = (sums[fold] - signed[(fold * n) + feature]) / 2;
                countsWith[fold][feature] = present[(fold * n) + feature];
            }
        }
    }
}
