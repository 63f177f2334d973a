using Spex.Core.Masks;

namespace Spex.Engine.Decoding;

/// <summary>Errors on left-out samples of a design whose masks are uniform among those of their size, but whose sizes are not: what they would be on uniform masks.</summary>
/// <remarks>
/// Post-stratification by size (Cochran, "Sampling techniques", 1977, §5A.9): the N_s samples with s features are weighted by C(n, s)/N_s, scaled so that all
/// weights together are the number of samples. Sizes that were not sampled are left out.
/// </remarks>
internal static class SizeStrata
{
    /// <summary>Fits in the values' own unit, with the weighted squared error of each sample under the fit that did not see it.</summary>
    /// <param name="samples">The samples of the functions.</param>
    /// <param name="fits">For each function one fit a fold, and the last on all samples.</param>
    /// <param name="always">Samples that every fit uses, whatever the fold, and that therefore tell nothing.</param>
    public static Decoded[] ToDecoded(FoldedBatch samples, SparseFit[] fits, bool[] always)
    {
        double[] weights = Weights(samples, always);
        return [.. FoldedBatch.ToDecoded(samples.Functions, fits, bySample: true).Select((decoded, function) => Weighted(decoded, samples.Functions[function], weights, always))];
    }

    private static Decoded Weighted(Decoded decoded, FoldedSamples samples, double[] weights, bool[] always)
    {
        double mean = 0, count = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            mean += weights[i] * samples.Values[i];
            count += weights[i];
        }

        mean = count > 0 ? mean / count : 0;
        OutOfFoldErrors errors = decoded.OutOfFold!;
        List<double> residual = [], total = [];
        for (int i = 0; i < weights.Length; i++)
        {
            if (!always[i])
            {
                double deviation = samples.Scale * (samples.Values[i] - mean);
                residual.Add(weights[i] * errors.Residual[i]);
                total.Add(weights[i] * deviation * deviation);
            }
        }

        // Where every sample is in every fit, the function is known as far as the method reaches.
        return residual.Count == 0 ? decoded : decoded with { OutOfFold = new OutOfFoldErrors([.. residual], [.. total], residual.Count) };
    }

    private static double[] Weights(FoldedBatch samples, bool[] always)
    {
        int n = samples.FeatureCount;
        MaskMatrix rows = samples.Rows;
        int[] sizes = [.. Enumerable.Range(0, samples.Count).Select(rows.CountPresent)];
        long[] sampled = new long[n + 1];
        int counted = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            sampled[sizes[i]] += always[i] ? 0 : 1;
            counted += always[i] ? 0 : 1;
        }

        // Binomials overflow: shares of the largest that was sampled.
        double[] shares = new double[n + 1];
        double logBinomial = 0, largest = double.NegativeInfinity;
        for (int size = 0; size <= n; size++)
        {
            shares[size] = logBinomial;
            largest = sampled[size] > 0 ? Math.Max(largest, logBinomial) : largest;
            logBinomial += Math.Log((double)(n - size) / (size + 1));
        }

        double all = 0;
        for (int size = 0; size <= n; size++)
        {
            shares[size] = sampled[size] > 0 ? Math.Exp(shares[size] - largest) : 0;
            all += shares[size];
        }

        return [.. sizes.Select((size, i) => always[i] ? 0 : shares[size] / sampled[size] * counted / all)];
    }
}
