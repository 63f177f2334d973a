using ILGPU;

namespace Spex.Kernels;

/// <summary>The values of masks: whether they are numbers, and their standardised form (v − mean)/scale.</summary>
/// <remarks>No sum is formed: the same bits whatever the launch. No atomics.</remarks>
public static class ValueKernels
{
    // Partial results of a search over all values.
    private const int Lanes = 256;

    /// <summary>The least index of a value that is not finite, or <paramref name="count"/>. Launch: one group, any group size. Moved: 4 bytes a value.</summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many.</param>
    /// <param name="first">Takes one number.</param>
    public static void FirstNotFinite(ArrayView<float> values, int count, ArrayView<int> first)
    {
        ArrayView<int> least = SharedMemory.Allocate<int>(Lanes);
        for (int lane = Group.IdxX; lane < Lanes; lane += Group.DimX)
        {
            int found = count;
            for (int i = lane; i < count && found == count; i += Lanes)
            {
                // The exponent of infinities and NaN is all ones; nothing else tells them apart from numbers in one comparison.
                found = (Interop.FloatAsInt(values[i]) & 0x7F800000) == 0x7F800000 ? i : count;
            }

            least[lane] = found;
        }

        Group.Barrier();
        if (Group.IdxX == 0)
        {
            int found = count;
            for (int lane = 0; lane < Lanes; lane++)
            {
                found = least[lane] < found ? least[lane] : found;
            }

            first[0] = found;
        }
    }

    /// <summary>(v − mean)/scale as float32, of the values of functions in an order. Launch: any; a thread a value. Moved: 12 bytes a value, the reads scattered.</summary>
    /// <param name="values">The values.</param>
    /// <param name="order">The index in a function's values of each of its results.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="standardised">The results, one function after another.</param>
    /// <param name="count">How many a function.</param>
    public static void StandardiseInOrder(ArrayView<float> values, ArrayView<int> order, ArrayView<Standardised> functions, ArrayView<float> standardised, int count)
    {
        for (long item = Items.First; item < functions.Length * count; item += Items.Step)
        {
            long k = Items.Divide(item, count);
            Standardised function = functions[k];
            standardised[item] = (float)((values[function.Start + order[item - (k * count)]] - function.Mean) / function.Scale);
        }
    }

    /// <summary>As the other, in the values' own order. Moved: 8 bytes a value, coalesced.</summary>
    public static void Standardise(ArrayView<float> values, ArrayView<Standardised> functions, ArrayView<float> standardised, int count)
    {
        for (long item = Items.First; item < functions.Length * count; item += Items.Step)
        {
            long k = Items.Divide(item, count);
            Standardised function = functions[k];
            standardised[item] = (float)((values[function.Start + (item - (k * count))] - function.Mean) / function.Scale);
        }
    }

    /// <summary>Float32 numbers as float64. Launch: any; a thread a number. Moved: 12 bytes a number, coalesced.</summary>
    public static void Widen(ArrayView<float> values, ArrayView<double> wide, long count)
    {
        for (long item = Items.First; item < count; item += Items.Step)
        {
            wide[item] = values[item];
        }
    }
}
