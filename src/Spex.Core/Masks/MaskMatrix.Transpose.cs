namespace Spex.Core.Masks;

/// <content>Rows of masks into columns of features.</content>
public sealed partial class MaskMatrix
{
    /// <summary>The transposed bits: n rows, row i holding feature i of all masks, mask r at bit r.</summary>
    /// <remarks>Taken in blocks of 64 × 64 bits; 64 masks by 64 features cost about 200 word operations.</remarks>
    public MaskMatrix Transpose()
    {
        MaskMatrix columns = new(FeatureCount, RowCount);
        Span<ulong> block = stackalloc ulong[64];
        for (int first = 0; first < RowCount; first += 64)
        {
            int rows = Math.Min(64, RowCount - first);
            for (int word = 0; word < WordsPerRow; word++)
            {
                block.Clear();
                for (int r = 0; r < rows; r++)
                {
                    block[r] = Words[((long)(first + r) * WordsPerRow) + word];
                }

                BitTranspose.Transpose64(block);
                int features = Math.Min(64, FeatureCount - (word * 64));
                for (int c = 0; c < features; c++)
                {
                    columns.Words[(((long)(word * 64) + c) * columns.WordsPerRow) + (first >> 6)] = block[c];
                }
            }
        }

        return columns;
    }
}
