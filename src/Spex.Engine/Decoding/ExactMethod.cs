using System.Globalization;
using System.Numerics;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>All 2^n masks and the whole Walsh-Hadamard transform of their values: nothing is estimated.</summary>
/// <remarks>
/// F(S) = 2^{−n}·Σ_m f(m)·(−1)^{|S∩m|}, in float64. The values are float32, so f itself is known to 2^{−24} of its largest magnitude: the smallest
/// coefficients are left out as long as all that is left out changes the prediction by less than that, root mean square over the masks (by Parseval, the
/// root of the sum of their squares). What rounding alone brings forth is always within this bound.
/// </remarks>
public sealed class ExactMethod : ExplanationMethod
{
    /// <summary>The most features: 2^24 masks.</summary>
    public const int FeatureLimit = 24;

    // Half a unit in the last place of a float32, relative to the value.
    private const double Rounding = 1.0 / (1 << 24);

    /// <inheritdoc/>
    public override string Name => "exact";

    /// <inheritdoc/>
    public override string? CannotRun(int featureCount, DecoderSettings settings) => featureCount <= FeatureLimit
        ? null
        : $"The exact method evaluates all 2^n masks and takes at most {FeatureLimit} features; there are {featureCount}. Choose a method that samples, such as --method auto.";

    /// <summary>2^n.</summary>
    /// <exception cref="SpexInputException">n is above <see cref="FeatureLimit"/>.</exception>
    public override long LeastBudget(int featureCount, DecoderSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        return CannotRun(featureCount, settings) is { } reason ? throw new SpexInputException(reason) : 1L << featureCount;
    }

    /// <summary>2^n.</summary>
    /// <exception cref="SpexInputException">n is above <see cref="FeatureLimit"/>.</exception>
    public override long DefaultBudget(int featureCount, DecoderSettings settings) => LeastBudget(featureCount, settings);

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings)
    {
        long masks = LeastBudget(featureCount, settings);
        return budget >= masks
            ? new ExhaustiveDesign(featureCount)
            : throw new SpexInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"The exact method needs all 2^{featureCount} = {masks} ablations; the budget is {budget}. Raise --budget, or choose another --method."));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return [.. samples.Select(one => DecodeOne(one, cancel))];
    }

    private static Decoded DecodeOne(Samples samples, CancellationToken cancel)
    {
        if (samples.Design is not ExhaustiveDesign)
        {
            throw new ArgumentException("The exact method decodes the values of all masks.", nameof(samples));
        }

        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        ReadOnlySpan<float> values = samples.Values.Span;
        double[] table = new double[values.Length];
        double largest = 0;
        for (int m = 0; m < values.Length; m++)
        {
            table[m] = values[m];
            largest = Math.Max(largest, Math.Abs(table[m]));
        }

        Transform(table, cancel);
        double least = Threshold(table, Rounding * largest);
        cancel.ThrowIfCancellationRequested();
        List<SpectrumTerm> terms = [];
        for (int set = 0; set < table.Length; set++)
        {
            if (Math.Abs(table[set]) > least)
            {
                terms.Add(new SpectrumTerm(SetOf((uint)set), table[set]));
            }
        }

        Spectrum spectrum = new(samples.Design.FeatureCount, terms);
        return new Decoded(spectrum, null, [("transform", System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds)]);
    }

    private static void Transform(double[] table, CancellationToken cancel)
    {
        for (int stride = 1; stride < table.Length; stride *= 2)
        {
            cancel.ThrowIfCancellationRequested();
            for (int start = 0; start < table.Length; start += 2 * stride)
            {
                Span<double> absent = table.AsSpan(start, stride), present = table.AsSpan(start + stride, stride);
                for (int i = 0; i < absent.Length; i++)
                {
                    (absent[i], present[i]) = (absent[i] + present[i], absent[i] - present[i]);
                }
            }
        }

        double scale = 1.0 / table.Length;
        foreach (ref double coefficient in table.AsSpan())
        {
            coefficient *= scale;
        }
    }

    /// <summary>The largest magnitude t such that all coefficients of magnitude up to t have a root of the sum of squares of at most <paramref name="error"/>.</summary>
    private static double Threshold(double[] coefficients, double error)
    {
        // Only magnitudes below the bound can be left out, and most tables hold few others.
        double[] small = [.. coefficients.Select(Math.Abs).Where(magnitude => magnitude <= error)];
        Array.Sort(small);
        double left = error * error, threshold = 0;
        for (int i = 0; i < small.Length;)
        {
            // Equal magnitudes go together, so that symmetric functions stay symmetric.
            int end = i;
            double energy = 0;
            while (end < small.Length && small[end] == small[i])
            {
                energy += small[end] * small[end];
                end++;
            }

            left -= energy;
            if (left < 0)
            {
                break;
            }

            threshold = small[i];
            i = end;
        }

        return threshold;
    }

    private static FeatureSet SetOf(uint bits)
    {
        int[] features = new int[BitOperations.PopCount(bits)];
        for (int i = 0; bits != 0; i++, bits &= bits - 1)
        {
            features[i] = BitOperations.TrailingZeroCount(bits);
        }

        return FeatureSet.FromAscending(features);
    }
}
