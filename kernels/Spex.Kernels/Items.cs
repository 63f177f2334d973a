using ILGPU;

namespace Spex.Kernels;

/// <summary>How kernels without shared memory share out their items: thread t of T takes items t, t + T, t + 2T, …, so any launch shape is right.</summary>
internal static class Items
{
    /// <summary>The thread's first item.</summary>
    public static long First => ((long)Grid.IdxX * Group.DimX) + Group.IdxX;

    /// <summary>From one item of a thread to its next.</summary>
    public static long Step => (long)Grid.DimX * Group.DimX;

    /// <summary>a div b for a ≥ 0, b ≥ 1: in 32 bits where they suffice, which is several times cheaper.</summary>
    public static long Divide(long a, int b) => (ulong)a <= uint.MaxValue ? (uint)a / (uint)b : a / b;
}
