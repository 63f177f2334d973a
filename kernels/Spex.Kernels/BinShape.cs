namespace Spex.Kernels;

/// <summary>The sizes of a table of bins: of each function layers of bins, each a column of numbers over the delays. Bins, layers and functions are numbered through, in this order.</summary>
/// <param name="GroupCount">C, 1 to 3.</param>
/// <param name="Log2Bins">b: bin j of group c is number (c &lt;&lt; b) + j.</param>
/// <param name="Delays">D: numbers of a column.</param>
/// <param name="Stride">Numbers from one column to the next, D rounded up to a multiple of eight; what lies between is 0.</param>
/// <param name="LayerCount">Layers of a function.</param>
/// <param name="FunctionCount">Functions that are decoded together.</param>
public readonly record struct BinShape(int GroupCount, int Log2Bins, int Delays, int Stride, int LayerCount, int FunctionCount)
{
    /// <summary>Bins of a layer.</summary>
    public int BinCount => GroupCount << Log2Bins;

    /// <summary>Bins of all layers of a function.</summary>
    public int FunctionBins => LayerCount * BinCount;
}
