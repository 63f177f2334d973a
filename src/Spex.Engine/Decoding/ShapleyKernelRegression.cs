using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu.Regression;

namespace Spex.Engine.Decoding;

/// <summary>
/// Least squares in the AND basis with the Shapley kernel's weights, bound to give both corners exactly: a_∅ = f(∅) and Σ_{T ≠ ∅} a_T = f(N) − f(∅)
/// (Lundberg and Lee, 2017, for order 1; Tsai, Yeh and Ravikumar, 2023, for any order).
/// </summary>
/// <remarks>
/// With A = XᵀWX and b = XᵀW(y − f(∅)), a = A⁻¹(b − λ1) and λ = (1ᵀA⁻¹b − f(N) + f(∅))/(1ᵀA⁻¹1) (Covert and Lee, "Improving KernelSHAP", AISTATS 2021, eq. 7). The corners
/// bind every fold's fit too; the errors leave them out.
/// </remarks>
internal static class ShapleyKernelRegression
{
    /// <summary>Both corners and a mask for each set of 1 … order features.</summary>
    public static long LeastBudget(int order, int featureCount)
    {
        long sets = OrderLimit.SetCount(order, featureCount);
        return sets == long.MaxValue ? sets : sets + 1;
    }

    /// <summary>The masks of a method; all of them where the budget carries them.</summary>
    /// <exception cref="SpexInputException">The budget is below the method's least.</exception>
    public static MaskDesign CreateDesign(ExplanationMethod method, int featureCount, long budget, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        long all = featureCount < 62 ? 1L << featureCount : long.MaxValue, least = Math.Min(all, method.LeastBudget(featureCount, settings));
        return budget >= least
            ? ShapleyKernelDesign.Create(featureCount, budget, settings.Seed)
            : throw new SpexInputException($"The method {method.Name} needs at least {least} ablations for {featureCount} features; the budget is {budget}. Raise --budget.");
    }

    /// <summary>Decodes the values of functions on a <see cref="ShapleyKernelDesign"/>.</summary>
    public static IReadOnlyList<Decoded> Decode(IReadOnlyList<Samples> samples, int order, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ShapleyKernelDesign design = samples[0].Design as ShapleyKernelDesign
            ?? throw new ArgumentException("The regression takes the values of its own design.", nameof(samples));
        PartTimes times = new();
        using FoldedBatch folded = new(samples, settings.Seed, device);
        Decoded[] decoded = times.Measure("regression", () => Fit(folded, order, design.WeightOf, cancel));
        return Array.ConvertAll(decoded, one => one with { Timings = times.Share(samples.Count) });
    }

    /// <summary>Fits each function to all samples, and without each fold; the matrices are the same for all functions.</summary>
    /// <param name="samples">The samples of the functions, both corners among them.</param>
    /// <param name="order">Size of the largest set.</param>
    /// <param name="weightOf">The weight of a mask with so many features; 0 for the corners.</param>
    /// <param name="cancel">Stops the fit.</param>
    private static Decoded[] Fit(FoldedBatch samples, int order, Func<int, double> weightOf, CancellationToken cancel)
    {
        (int none, int all) = Corners(samples, out bool[] isCorner);
        FeatureSet[] sets = [.. FeatureSets.UpTo(order, samples.FeatureCount)];
        FeatureSet[] bound = sets[1..];
        PresenceColumns columns = new(samples, bound, weightOf);
        FoldedSamples[] functions = [.. samples.Functions];
        double[][][] products = Array.ConvertAll(functions, function => columns.Project(Array.ConvertAll(function.Values, value => value - function.Values[none])));
        int problems = samples.Boundaries.Length;
        SpectrumTerm[][][] fits = Array.ConvertAll(functions, _ => new SpectrumTerm[problems][]);
        for (int p = 0; p < problems; p++)
        {
            cancel.ThrowIfCancellationRequested();
            CholeskyFactor factor = new(columns.Gram(without: p), bound.Length, samples.For);
            factor.Factor();
            double[] ones = new double[bound.Length];
            Array.Fill(ones, 1);
            factor.Solve(ones);
            double sum = ones.Sum();
            for (int function = 0; function < functions.Length; function++)
            {
                double baseline = functions[function].Values[none], gain = functions[function].Values[all] - baseline;
                double[] solution = products[function][p];
                factor.Solve(solution);
                double multiplier = (solution.Sum() - gain) / sum;
                for (int j = 0; j < solution.Length; j++)
                {
                    solution[j] -= multiplier * ones[j];
                }

                fits[function][p] = OrderLimit.ToFourier(samples.FeatureCount, sets, [baseline, .. solution]);
            }
        }

        return SizeStrata.ToDecoded(samples, Array.ConvertAll(fits, own => new SparseFit(own, 0)), isCorner);
    }

    /// <summary>The samples without features and with all.</summary>
    private static (int None, int All) Corners(FoldedBatch samples, out bool[] isCorner)
    {
        MaskMatrix rows = samples.Rows;
        int none = -1, all = -1;
        isCorner = new bool[samples.Count];
        for (int i = 0; i < samples.Count; i++)
        {
            int size = rows.CountPresent(i);
            none = size == 0 ? i : none;
            all = size == samples.FeatureCount ? i : all;
            isCorner[i] = size == 0 || size == samples.FeatureCount;
        }

        return none >= 0 && all >= 0 ? (none, all) : throw new ArgumentException("The Shapley kernel's regression needs the masks with all features and with none.", nameof(samples));
    }
}
