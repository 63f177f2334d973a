using System.Numerics;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Shapley-Taylor interactions of order k from the values of a <see cref="PermutationDesign"/>: δ_S f(∅) for sets below k features, the mean of δ_S f(T) over the orders for sets of k
/// features (Sundararajan, Dhamdhere and Agarwal, "The Shapley Taylor interaction index", ICML 2020); at k = 1 the Shapley values.
/// </summary>
/// <remarks>
/// <para>They are the Möbius coefficients of the function that stands for them, whose index of order k they are.</para>
/// <para>
/// A fold's fit uses the derivatives none of whose masks it has left out. The masks below k features and the one with all are in every fit; errors leave them out. What is missing
/// to f(N) − f(∅) (nothing, when every order was whole) is shared equally among the sets of k features.
/// </para>
/// </remarks>
internal static class PermutationEstimator
{
    // Whole orders telescope to the gain up to rounding, which is not shared.
    private const double Rounding = 1e-12;

    /// <summary>The masks of a method.</summary>
    /// <exception cref="SpexInputException">The budget is below the method's least.</exception>
    public static MaskDesign CreateDesign(ExplanationMethod method, int featureCount, int order, long budget, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        long all = featureCount < 62 ? 1L << featureCount : long.MaxValue, least = Math.Min(all, method.LeastBudget(featureCount, settings));
        return budget >= least
            ? PermutationDesign.Create(featureCount, order, budget, settings.Seed)
            : throw new SpexInputException($"The method {method.Name} needs at least {least} ablations for {featureCount} features; the budget is {budget}. Raise --budget.");
    }

    /// <summary>Decodes the values of functions on a <see cref="PermutationDesign"/>.</summary>
    public static IReadOnlyList<Decoded> Decode(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device)
    {
        PermutationDesign design = samples[0].Design as PermutationDesign
            ?? throw new ArgumentException("The estimate takes the values of its own design.", nameof(samples));
        PartTimes times = new();
        using FoldedBatch folded = new(samples, settings.Seed, device);
        Decoded[] decoded = times.Measure("estimate", () => Fit(folded, design));
        return Array.ConvertAll(decoded, one => one with { Timings = times.Share(samples.Count) });
    }

    private static Decoded[] Fit(FoldedBatch samples, PermutationDesign design)
    {
        bool[] always = new bool[samples.Count];
        SparseFit[] fits = [.. samples.Functions.Select(function => Fit(function, design, always))];
        return SizeStrata.ToDecoded(samples, fits, always);
    }

    /// <summary>Fits one function.</summary>
    /// <param name="samples">Its samples.</param>
    /// <param name="design">Their design.</param>
    /// <param name="always">Told for each sample: whether it is in every fit, whatever the fold.</param>
    private static SparseFit Fit(FoldedSamples samples, PermutationDesign design, bool[] always)
    {
        int n = design.FeatureCount, order = design.Sets[0].Count, problems = samples.FoldCount + 1;
        byte[] folds = samples.Batch.FoldOfSamples();
        FeatureSet[] small = [.. FeatureSets.UpTo(order - 1, n)];

        // By place in the design: the value, and the bit of the fold that leaves the mask out; none for those in every fit.
        double[] values = new double[samples.Count];
        int[] leftOut = new int[samples.Count];
        int full = -1;
        Dictionary<FeatureSet, int> smallAt = [];
        ulong[] mask = new ulong[Spex.Core.Masks.MaskMatrix.WordsFor(n)];
        for (int i = 0; i < samples.Count; i++)
        {
            int at = samples.Order[i];
            values[at] = samples.Values[i];
            design.WriteMask(at, mask);
            int size = mask.Sum(BitOperations.PopCount);
            always[i] = size < order || size == n;
            leftOut[at] = always[i] ? 0 : 1 << folds[i];
            full = size == n ? at : full;
            if (size < order)
            {
                smallAt[FeatureSet.FromAscending([.. Enumerable.Range(0, n).Where(feature => ((mask[feature >> 6] >> (feature & 63)) & 1) != 0)])] = at;
            }
        }

        // Möbius coefficients of the small sets are of known values alone: the same in every fit.
        double[] moebius = Array.ConvertAll(small, set => SmallDerivative(set, values, smallAt));
        double gain = values[full] - moebius.Sum();
        double[][] sums = new double[problems][], weights = new double[problems][];
        for (int p = 0; p < problems; p++)
        {
            (sums[p], weights[p]) = (new double[design.Sets.Length], new double[design.Sets.Length]);
        }

        design.Visit((set, weight, indices) =>
        {
            double derivative = 0;
            int without = 0;
            for (int part = 0; part < indices.Length; part++)
            {
                derivative += ((order - int.PopCount(part)) & 1) == 0 ? values[indices[part]] : -values[indices[part]];
                without |= leftOut[indices[part]];
            }

            for (int p = 0; p < problems; p++)
            {
                if (p == problems - 1 || ((without >> p) & 1) == 0)
                {
                    sums[p][set] += weight * derivative;
                    weights[p][set] += weight;
                }
            }
        });

        FeatureSet[] sets = [.. small, .. design.Sets];
        SpectrumTerm[][] fits = [.. Enumerable.Range(0, problems).Select(p =>
        {
            double[] means = [.. sums[p].Zip(weights[p], (sum, weight) => weight > 0 ? sum / weight : 0)];
            double missing = gain - means.Sum();
            missing = Math.Abs(missing) > Rounding * means.Length ? missing / means.Length : 0;
            return OrderLimit.ToFourier(n, sets, [.. moebius, .. means.Select(mean => mean + missing)]);
        })];
        return new SparseFit(fits, 0);
    }

    /// <summary>δ_S f(∅) = Σ_{L ⊆ S} (−1)^{|S|−|L|} f(L).</summary>
    private static double SmallDerivative(FeatureSet set, double[] values, Dictionary<FeatureSet, int> at)
    {
        double derivative = 0;
        for (int part = 0; part < 1 << set.Count; part++)
        {
            FeatureSet subset = FeatureSet.FromAscending([.. Enumerable.Range(0, set.Count).Where(i => ((part >> i) & 1) != 0).Select(i => set[i])]);
            derivative += ((set.Count - subset.Count) & 1) == 0 ? values[at[subset]] : -values[at[subset]];
        }

        return derivative;
    }
}
