using System.Numerics;

namespace Spex.Core.Transforms;

/// <summary>The Walsh-Hadamard transform as its definition reads: the scalar reference that every device's form is compared with.</summary>
public static class WalshHadamard
{
    /// <summary>
    /// Replaces x of 2^b numbers by scale · Σ_l x_l (−1)^{⟨j,l⟩}. Additions run in the order of the radix-2 butterfly from stride 1 up,
    /// u + v and u − v with u the lower index, then every result is scaled: the order that fixes the bits on every device.
    /// </summary>
    /// <param name="values">2^b numbers, in place.</param>
    /// <param name="scale">Factor on every result; with 2^−b the result is the Fourier coefficients of a table of all masks.</param>
    /// <exception cref="ArgumentException">The length is no power of two.</exception>
    public static void Transform<T>(Span<T> values, T scale)
        where T : struct, INumber<T>
    {
        if (!BitOperations.IsPow2(values.Length))
        {
            throw new ArgumentException($"The transform takes 2^b numbers; {values.Length} were given.", nameof(values));
        }

        for (int stride = 1; stride < values.Length; stride *= 2)
        {
            for (int start = 0; start < values.Length; start += 2 * stride)
            {
                for (int i = start; i < start + stride; i++)
                {
                    T u = values[i], v = values[i + stride];
                    values[i] = u + v;
                    values[i + stride] = u - v;
                }
            }
        }

        if (scale != T.One)
        {
            foreach (ref T value in values)
            {
                value *= scale;
            }
        }
    }
}
