using ILGPU;

namespace Spex.Kernels;

/// <content>Rows of packed masks in another order.</content>
public static partial class MaskKernels
{
    /// <summary>Gathers rows: row i becomes row rows[i] of the source. Launch: any; a thread a word. Moved: 16 bytes a word, a row's side by side.</summary>
    /// <param name="packed">Rows of words.</param>
    /// <param name="rows">A row's number in the source for each of the target.</param>
    /// <param name="selected">The target.</param>
    /// <param name="words">Words of a row.</param>
    /// <param name="total">Words of all rows of the target.</param>
    public static void Select(ArrayView<ulong> packed, ArrayView<int> rows, ArrayView<ulong> selected, int words, long total)
    {
        for (long item = Items.First; item < total; item += Items.Step)
        {
            long row = Items.Divide(item, words);
            selected[item] = packed[((long)rows[row] * words) + (item - (row * words))];
        }
    }
}
