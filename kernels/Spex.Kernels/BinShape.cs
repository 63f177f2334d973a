namespace Spex.Kernels;

/// <summary>The sizes of a table of bins: layers of bins, each a column of numbers over the delays.</summary>
/// <param name="GroupCount">C, 1 to 3.</param>
/// <param name="Log2Bins">b: bin j of group c is number (c &lt;&lt; b) + j.</param>
/// <param name="Delays">D: numbers of a column.</param>
/// <param name="Stride">Numbers from one column to the next, D rounded up to a multiple of eight; what lies between is 0.</param>
/// <param name="LayerCount">Layers, one after another.</param>
public readonly record struct BinShape(int GroupCount, int Log2Bins, int Delays, int Stride, int LayerCount)
{
    /// <summary>Bins of a layer.</summary>
    public int BinCount => GroupCount << Log2Bins;
}
