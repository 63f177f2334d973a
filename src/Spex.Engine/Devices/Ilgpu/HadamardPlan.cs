using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>How a transform is cut into passes over memory.</summary>
/// <param name="LargestTileLog">log2 of the numbers that a group may hold.</param>
/// <param name="ColumnsLog">log2 of the consecutive numbers that a group takes of a row in a strided pass: 32, a whole cache line.</param>
/// <param name="InRegisters">Whether the device runs <see cref="RegisterHadamardKernels"/>.</param>
internal readonly record struct HadamardPlan(int LargestTileLog, int ColumnsLog, bool InRegisters = false)
{
    /// <summary>Shared memory that the kernel of large tiles asks for, in bytes.</summary>
    public const int SharedBytesOfLargeTiles = sizeof(float) * ((1 << HadamardKernels.LargeTileLog) + (1 << (HadamardKernels.LargeTileLog - 3)));

    /// <summary>Tiles of 2^13 numbers.</summary>
    public static HadamardPlan Standard => new(HadamardKernels.LargeTileLog, 5);

    /// <summary>Tiles of 2^11 numbers, for devices with little shared memory.</summary>
    public static HadamardPlan Small => new(HadamardKernels.SmallTileLog, 5);

    /// <summary>Tiles of 2^13 numbers in registers, for warps of 32 lanes; rows shorter than four numbers take the other kernels.</summary>
    public static HadamardPlan Registers => new(RegisterHadamardKernels.TileLog, 5, true);

    /// <summary>The passes of a transform, in order.</summary>
    public HadamardPass[] Passes(int rowCount, int log2Length, float scale)
    {
        long count = (long)rowCount << log2Length;
        int done = Math.Min(log2Length, LargestTileLog), most = LargestTileLog - ColumnsLog;
        int strided = (log2Length - done + most - 1) / most;
        HadamardPass[] passes = new HadamardPass[1 + strided];
        int tileLog = InRegisters ? RegisterHadamardKernels.TileLog : Math.Min(LargestTileLog, Math.Max(done, HadamardKernels.SmallTileLog));
        passes[0] = new HadamardPass(count, tileLog, done, 0, 0, strided == 0 ? scale : 1);
        for (int left = strided; left > 0; left--)
        {
            // As evenly as can be: two passes of six stages move no more than one of eight and one of four, and hold smaller tiles.
            int stages = (log2Length - done + left - 1) / left;
            int columnsLog = InRegisters ? RegisterHadamardKernels.TileLog - stages : ColumnsLog;
            passes[^left] = new HadamardPass(count, stages + columnsLog, stages, columnsLog, done, left == 1 ? scale : 1);
            done += stages;
        }

        return passes;
    }
}
