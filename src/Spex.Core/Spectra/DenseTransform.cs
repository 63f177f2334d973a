using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Spex.Core.Spectra;

/// <summary>Transforms of whole tables: 2^n numbers for n ≤ <see cref="MaxFeatureCount"/>, where entry k belongs to the mask or set whose bit i is feature i.</summary>
/// <remarks>Each takes n·2^n additions in float64, in one fixed order.</remarks>
public static class DenseTransform
{
    /// <summary>The most features of a table.</summary>
    public const int MaxFeatureCount = 20;

    /// <summary>n of a table with 2^n entries.</summary>
    /// <exception cref="SpexInputException">The length is no power of two, or more than 2^20.</exception>
    public static int FeatureCountOf(int length)
    {
        if (length < 1 || !BitOperations.IsPow2(length) || length > 1 << MaxFeatureCount)
        {
            throw new SpexInputException(
                $"A table of all masks has 2^n values with n from 0 to {MaxFeatureCount}; got {length:N0} values. Give one value a mask, or a sparse function.");
        }

        return BitOperations.Log2((uint)length);
    }

    /// <summary>F(S) = 2^{−n}·Σ_m f(m)·(−1)^{|S∩m|} for all sets S.</summary>
    /// <param name="values">f of all 2^n masks.</param>
    public static double[] ToFourier(ReadOnlySpan<double> values)
    {
        double scale = Math.ScaleB(1, -FeatureCountOf(values.Length));
        double[] table = values.ToArray();
        Hadamard(table);
        for (int i = 0; i < table.Length; i++)
        {
            table[i] *= scale;
        }

        return table;
    }

    /// <summary>f(m) = Σ_S F(S)·(−1)^{|S∩m|} for all masks m.</summary>
    /// <param name="coefficients">F of all 2^n sets.</param>
    public static double[] FromFourier(ReadOnlySpan<double> coefficients)
    {
        _ = FeatureCountOf(coefficients.Length);
        double[] table = coefficients.ToArray();
        Hadamard(table);
        return table;
    }

    /// <summary>a_T = Σ_{m ⊆ T} (−1)^{|T|−|m|}·f(m) for all sets T.</summary>
    /// <param name="values">f of all 2^n masks.</param>
    public static double[] ToMoebius(ReadOnlySpan<double> values)
    {
        _ = FeatureCountOf(values.Length);
        double[] table = values.ToArray();
        Transform<Subtract>(table);
        return table;
    }

    /// <summary>f(m) = Σ_{T ⊆ m} a_T for all masks m.</summary>
    /// <param name="coefficients">a of all 2^n sets.</param>
    public static double[] FromMoebius(ReadOnlySpan<double> coefficients)
    {
        _ = FeatureCountOf(coefficients.Length);
        double[] table = coefficients.ToArray();
        Transform<Add>(table);
        return table;
    }

    /// <summary>The set whose members are the bits of <paramref name="bits"/>.</summary>
    public static FeatureSet SetOf(uint bits)
    {
        int[] features = new int[BitOperations.PopCount(bits)];
        for (int i = 0; bits != 0; i++, bits &= bits - 1)
        {
            features[i] = BitOperations.TrailingZeroCount(bits);
        }

        return FeatureSet.FromAscending(features);
    }

    /// <summary>Refuses a table with a NaN or infinite value, naming its mask.</summary>
    internal static void CheckFinite(ReadOnlySpan<double> values)
    {
        for (int k = 0; k < values.Length; k++)
        {
            if (!double.IsFinite(values[k]))
            {
                throw new SpexInputException($"The table's value for the mask {SetOf((uint)k)} is {values[k]}; all values must be finite numbers.");
            }
        }
    }

    private static void Hadamard(double[] table) => Transform<SumAndDifference>(table);

    // One pass a feature: pairs of entries that differ in this feature only, four pairs a vector where they are far enough apart.
    private static void Transform<TButterfly>(double[] table)
        where TButterfly : struct, IButterfly
    {
        for (int half = 1; half < table.Length; half *= 2)
        {
            for (int block = 0; block < table.Length; block += 2 * half)
            {
                Span<double> absent = table.AsSpan(block, half), present = table.AsSpan(block + half, half);
                if (half >= Vector256<double>.Count)
                {
                    Span<Vector256<double>> a = MemoryMarshal.Cast<double, Vector256<double>>(absent);
                    Span<Vector256<double>> p = MemoryMarshal.Cast<double, Vector256<double>>(present);
                    for (int i = 0; i < a.Length; i++)
                    {
                        TButterfly.Apply(ref a[i], ref p[i]);
                    }
                }
                else
                {
                    for (int i = 0; i < half; i++)
                    {
                        TButterfly.Apply(ref absent[i], ref present[i]);
                    }
                }
            }
        }
    }

    private interface IButterfly
    {
        static abstract void Apply(ref Vector256<double> absent, ref Vector256<double> present);

        static abstract void Apply(ref double absent, ref double present);
    }

    private readonly struct SumAndDifference : IButterfly
    {
        public static void Apply(ref Vector256<double> absent, ref Vector256<double> present) => (absent, present) = (absent + present, absent - present);

        public static void Apply(ref double absent, ref double present) => (absent, present) = (absent + present, absent - present);
    }

    private readonly struct Add : IButterfly
    {
        public static void Apply(ref Vector256<double> absent, ref Vector256<double> present) => present += absent;

        public static void Apply(ref double absent, ref double present) => present += absent;
    }

    private readonly struct Subtract : IButterfly
    {
        public static void Apply(ref Vector256<double> absent, ref Vector256<double> present) => present -= absent;

        public static void Apply(ref double absent, ref double present) => present -= absent;
    }
}
