using Spex.Core.Designs;

namespace Spex.Engine.Devices;

/// <summary>
/// The samples of a <see cref="SpexDesign"/> after the Walsh-Hadamard transform of each block: bin (c, j) is the column
/// u_d = Σ_{S : M_cᵀS = j} F(S)·(−1)^{⟨D_d + o_c, S⟩} over the delays d; or what is left of them after terms were taken out.
/// </summary>
/// <remarks>
/// Everything that SPEX needs of N samples costs C·delays here instead of N: the correlation of a term with all samples is C dot products of
/// one column each, because a term lives in one bin of each group. Columns are kept bin by bin, padded with zeros to whole vectors of eight.
/// A table is of one function or of several that share a design, and has one layer of each or several: the same bins with different terms taken out, as the folds of a cross-validation have.
/// Layers lie one after another, functions too.
/// Owned by whoever made it.
/// </remarks>
public sealed class BinTable : IDisposable
{
    /// <summary>Makes a table; its columns are what the device's memory holds until <see cref="CodePrimitives.Gather"/> or <see cref="CodePrimitives.Repeat"/> writes them.</summary>
    /// <param name="design">The design on its device.</param>
    /// <param name="layerCount">Layers of a function, 1 or more.</param>
    /// <param name="functionCount">Functions, 1 or more; at most 2³¹ bins in all.</param>
    public BinTable(BinDesign design, int layerCount = 1, int functionCount = 1)
    {
        ArgumentNullException.ThrowIfNull(design);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layerCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(functionCount);
        Design = design;
        LayerCount = layerCount;
        FunctionCount = functionCount;
        GroupCount = design.Design.GroupCount;
        Log2Bins = design.Design.Log2Bins;
        Delays = design.Design.DelayCount;
        Stride = (Delays + 7) & ~7;
        Columns = design.Device.Allocate<float>((long)checked(functionCount * layerCount * BinCount) * Stride);
    }

    /// <summary>The design whose samples these are.</summary>
    public BinDesign Design { get; }

    /// <summary>Number of functions.</summary>
    public int FunctionCount { get; }

    /// <summary>Number of layers of a function.</summary>
    public int LayerCount { get; }

    /// <summary>C.</summary>
    public int GroupCount { get; }

    /// <summary>b.</summary>
    public int Log2Bins { get; }

    /// <summary>Entries of a column.</summary>
    public int Delays { get; }

    /// <summary>Numbers from one column to the next: the delays rounded up to a multiple of eight.</summary>
    public int Stride { get; }

    /// <summary>Columns of a layer: C · 2^b, that of bin j of group c being number (c &lt;&lt; b) + j.</summary>
    public int BinCount => GroupCount << Log2Bins;

    /// <summary>functions × layers × bins × stride numbers; zero in the padding.</summary>
    public DeviceBuffer<float> Columns { get; }

    /// <summary>Copies a bin's column in the first layer of the first function to the host.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="column">Takes its first entries.</param>
    public void CopyColumn(int bin, Span<float> column) => Columns.CopyTo(column, (long)bin * Stride);

    /// <inheritdoc/>
    public void Dispose() => Columns.Dispose();
}
