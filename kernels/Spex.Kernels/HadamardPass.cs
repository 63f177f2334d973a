namespace Spex.Kernels;

/// <summary>Some consecutive stages of a Walsh-Hadamard transform of many rows: one launch of a kernel of <see cref="HadamardKernels"/>.</summary>
/// <param name="Count">Numbers in all rows together.</param>
/// <param name="TileLog">log2 of the numbers that a group takes.</param>
/// <param name="Stages">Stages taken; 0 only scales.</param>
/// <param name="ColumnsLog">log2 of the consecutive numbers of a row in a tile: 0 in a contiguous pass.</param>
/// <param name="StrideLog">log2 of the stride of the first stage: 0 in a contiguous pass, at least ColumnsLog in a strided one.</param>
/// <param name="Scale">Factor on every result.</param>
public readonly record struct HadamardPass(long Count, int TileLog, int Stages, int ColumnsLog, int StrideLog, float Scale)
{
    /// <summary>Groups to launch.</summary>
    public int Tiles => (int)((Count + (1L << TileLog) - 1) >> TileLog);

    /// <summary>The place of a tile's first number.</summary>
    public long Origin(int tile)
    {
        if (StrideLog == 0)
        {
            return (long)tile << TileLog;
        }

        int sidesLog = StrideLog - ColumnsLog;
        return ((long)(tile >> sidesLog) << (StrideLog + Stages)) + ((long)(tile & ((1 << sidesLog) - 1)) << ColumnsLog);
    }

    /// <summary>Numbers of the tile at a place: fewer than 2^TileLog at the end of a contiguous pass.</summary>
    public int LengthFrom(long origin)
    {
        long left = Count - origin;
        int whole = 1 << TileLog;
        return StrideLog > 0 || left > whole ? whole : (int)left;
    }

    /// <summary>From a tile's first number to its number i.</summary>
    public long OffsetOf(int i) => ((long)(i >> ColumnsLog) << StrideLog) + (i & ((1 << ColumnsLog) - 1));
}
