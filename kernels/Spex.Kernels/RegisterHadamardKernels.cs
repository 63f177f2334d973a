using ILGPU;
using ILGPU.Runtime;

namespace Spex.Kernels;

/// <summary>The transforms of <see cref="HadamardKernels"/> with the numbers in registers, for devices whose warps have 32 lanes.</summary>
/// <remarks>
/// <para>Formula and order of the additions: those of <see cref="HadamardKernels"/>, so the same bits. A thread holds 32 numbers, eight times 16 bytes.</para>
/// <para>
/// Layout: a tile is 2^13 numbers, 2^11 fours. In a contiguous pass (stages of stride 1 up) a warp takes 2^10 consecutive numbers, four m·32 + lane being its lane's m-th: strides 1 and 2 lie within a four,
/// 4 to 64 between lanes (shuffles), 128 to 512 between the eight; strides 1,024 to 4,096 follow after one exchange in shared memory. In a strided pass (the later stages of longer
/// rows) a tile is 2^Stages rows of 2^(13 − Stages) consecutive numbers; three stages at a time lie between a thread's eight, with an exchange in shared memory before the next three.
/// </para>
/// <para>
/// Launch: one group a tile, of any multiple of 32 threads; 256 are best: four groups fit into a multiprocessor, which then has 128 KB under way. Count is a multiple of four.
/// </para>
/// <para>
/// Moved: 8 bytes a number and pass, 16 bytes an access and lane, warps 512 consecutive bytes (128 where a strided pass has eight stages); of shared memory 8 bytes a number and exchange, without
/// conflicts of banks. An addition a number and stage; a shuffle and an exclusive or more for the stages between lanes. One barrier an exchange.
/// </para>
/// </remarks>
public static class RegisterHadamardKernels
{
    /// <summary>log2 of the numbers in a tile.</summary>
    public const int TileLog = 13;

    /// <summary>The most stages that need no exchange: those of <see cref="WarpTile"/>.</summary>
    public const int WarpStages = 10;

    /// <summary>The threads of a group that take a tile at once.</summary>
    public const int Threads = 256;

    private const int LaneCount = 32;
    private const int Warps = Threads / LaneCount;
    private const int TileFoursLog = TileLog - 2;
    private const int WarpFours = 1 << (WarpStages - 2);

    // Stages below those between lanes, and below those between the eight.
    private const int FirstLaneStage = 2, FirstEightStage = 7;

    /// <summary>A contiguous pass of at most <see cref="WarpStages"/> stages: in registers alone.</summary>
    /// <param name="rows">Row after row.</param>
    /// <param name="pass">The pass.</param>
    public static void WarpTile(ArrayView<float> rows, HadamardPass pass)
    {
        ArrayView<Four> memory = rows.Cast<Four>().AsAligned16();
        long fours = pass.Count >> 2;
        int lane = Group.IdxX % LaneCount;
        for (int warp = Group.IdxX / LaneCount; warp < Warps; warp += Group.DimX / LaneCount)
        {
            // Lanes beyond the end hold zeros: all take part in the shuffles, where any has a number.
            long first = ((long)Grid.IdxX << TileFoursLog) + (warp * WarpFours);
            if (first < fours)
            {
                Eight x = Transform(Load(memory, first + lane, LaneCount, fours), pass.Stages, lane);
                Store(memory, first + lane, LaneCount, fours, x * pass.Scale);
            }
        }
    }

    /// <summary>A contiguous pass of <see cref="WarpStages"/> + 1 to <see cref="TileLog"/> stages: one exchange.</summary>
    /// <param name="rows">Row after row.</param>
    /// <param name="pass">The pass.</param>
    public static void GroupTile(ArrayView<float> rows, HadamardPass pass)
    {
        ArrayView<Four> memory = rows.Cast<Four>().AsAligned16(), shared = SharedMemory.Allocate<Four>(1 << TileFoursLog);
        long fours = pass.Count >> 2, origin = (long)Grid.IdxX << TileFoursLog;
        int lane = Group.IdxX % LaneCount;
        for (int warp = Group.IdxX / LaneCount; warp < Warps; warp += Group.DimX / LaneCount)
        {
            int at = (warp * WarpFours) + lane;
            if (origin + (warp * WarpFours) < fours)
            {
                Store(shared, at, LaneCount, 1 << TileFoursLog, Transform(Load(memory, origin + at, LaneCount, fours), WarpStages, lane));
            }
        }

        Group.Barrier();
        for (int unit = Group.IdxX; unit < WarpFours; unit += Group.DimX)
        {
            Eight x = Load(shared, unit, WarpFours, 1 << TileFoursLog).Stages(0, pass.Stages - WarpStages);
            Store(memory, origin + unit, WarpFours, fours, x * pass.Scale);
        }
    }

    /// <summary>A strided pass of 1 to 8 stages.</summary>
    /// <param name="rows">Row after row.</param>
    /// <param name="pass">The pass; its tiles hold 2^<see cref="TileLog"/> numbers.</param>
    public static void StridedTile(ArrayView<float> rows, HadamardPass pass)
    {
        ArrayView<Four> memory = rows.Cast<Four>().AsAligned16(), shared = SharedMemory.Allocate<Four>(1 << TileFoursLog);
        long origin = pass.Origin(Grid.IdxX) >> 2;
        int columnsLog = pass.ColumnsLog - 2, phases = (pass.Stages + 2) / 3;
        for (int phase = 0; phase < phases; phase++)
        {
            // The last phase takes the uppermost three bits, of which the lower ones may be done already.
            bool isFirst = phase == 0, isLast = phase + 1 == phases;
            int strideLog = isLast ? TileFoursLog - 3 : columnsLog + (3 * phase), first = isLast ? (3 * phases) - pass.Stages : 0;
            if (!isFirst)
            {
                Group.Barrier();
            }

            for (int unit = Group.IdxX; unit < Threads; unit += Group.DimX)
            {
                int at = ((unit >> strideLog) << (strideLog + 3)) + (unit & ((1 << strideLog) - 1)), stride = 1 << strideLog;
                Eight x = (isFirst ? LoadRows(memory, origin, at, stride, columnsLog, pass.StrideLog - 2) : Load(shared, at, stride, 1 << TileFoursLog)).Stages(first, 3);
                if (isLast)
                {
                    StoreRows(memory, origin, at, stride, columnsLog, pass.StrideLog - 2, x * pass.Scale);
                }
                else
                {
                    Store(shared, at, stride, 1 << TileFoursLog, x);
                }
            }
        }
    }

    // The first stages of a warp's 2^10 numbers.
    private static Eight Transform(Eight x, int stages, int lane)
    {
        x = stages > 0 ? x.Pairs() : x;
        x = stages > 1 ? x.Halves() : x;
        for (int bit = 0; bit < FirstEightStage - FirstLaneStage && stages > FirstLaneStage + bit; bit++)
        {
            x = x.Across(1 << bit, (uint)(lane >> bit) << 31);
        }

        return x.Stages(0, stages - FirstEightStage);
    }

    private static Eight Load(ArrayView<Four> from, long at, int stride, long end) => new(
        Load(from, at, end),
        Load(from, at + stride, end),
        Load(from, at + (2 * stride), end),
        Load(from, at + (3 * stride), end),
        Load(from, at + (4 * stride), end),
        Load(from, at + (5 * stride), end),
        Load(from, at + (6 * stride), end),
        Load(from, at + (7 * stride), end));

    private static Four Load(ArrayView<Four> from, long at, long end) => at < end ? from[at] : new Four(0, 0, 0, 0);

    private static void Store(ArrayView<Four> to, long at, int stride, long end, Eight x)
    {
        Store(to, at, end, x.X0);
        Store(to, at + stride, end, x.X1);
        Store(to, at + (2 * stride), end, x.X2);
        Store(to, at + (3 * stride), end, x.X3);
        Store(to, at + (4 * stride), end, x.X4);
        Store(to, at + (5 * stride), end, x.X5);
        Store(to, at + (6 * stride), end, x.X6);
        Store(to, at + (7 * stride), end, x.X7);
    }

    private static void Store(ArrayView<Four> to, long at, long end, Four x)
    {
        if (at < end)
        {
            to[at] = x;
        }
    }

    private static Eight LoadRows(ArrayView<Four> memory, long origin, int at, int stride, int columnsLog, int rowLog) => new(
        memory[origin + Offset(at, columnsLog, rowLog)],
        memory[origin + Offset(at + stride, columnsLog, rowLog)],
        memory[origin + Offset(at + (2 * stride), columnsLog, rowLog)],
        memory[origin + Offset(at + (3 * stride), columnsLog, rowLog)],
        memory[origin + Offset(at + (4 * stride), columnsLog, rowLog)],
        memory[origin + Offset(at + (5 * stride), columnsLog, rowLog)],
        memory[origin + Offset(at + (6 * stride), columnsLog, rowLog)],
        memory[origin + Offset(at + (7 * stride), columnsLog, rowLog)]);

    private static void StoreRows(ArrayView<Four> memory, long origin, int at, int stride, int columnsLog, int rowLog, Eight x)
    {
        memory[origin + Offset(at, columnsLog, rowLog)] = x.X0;
        memory[origin + Offset(at + stride, columnsLog, rowLog)] = x.X1;
        memory[origin + Offset(at + (2 * stride), columnsLog, rowLog)] = x.X2;
        memory[origin + Offset(at + (3 * stride), columnsLog, rowLog)] = x.X3;
        memory[origin + Offset(at + (4 * stride), columnsLog, rowLog)] = x.X4;
        memory[origin + Offset(at + (5 * stride), columnsLog, rowLog)] = x.X5;
        memory[origin + Offset(at + (6 * stride), columnsLog, rowLog)] = x.X6;
        memory[origin + Offset(at + (7 * stride), columnsLog, rowLog)] = x.X7;
    }

    // From the tile's first four to its four i: 2^columnsLog fours a row, rows 2^rowLog fours apart.
    private static long Offset(int i, int columnsLog, int rowLog) => ((long)(i >> columnsLog) << rowLog) + (i & ((1 << columnsLog) - 1));
}
