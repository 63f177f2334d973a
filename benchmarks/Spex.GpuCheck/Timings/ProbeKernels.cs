using ILGPU;

namespace Spex.GpuCheck.Timings;

/// <summary>Kernels that do one thing as fast as the chip can, for the limits that others are measured by.</summary>
/// <remarks>Public because ILGPU's launchers call them.</remarks>
public static class ProbeKernels
{
    /// <summary>Popcounts of 64 bits that a thread does a round, each with its exclusive or and its addition as in a Gram matrix.</summary>
    public const int PopCountsARound = 8;

    /// <summary>Exclusive or, popcount and addition in registers, eight independent chains a thread. Launch: any; a sum a thread.</summary>
    /// <param name="sums">A number a thread, so that nothing is left out.</param>
    /// <param name="seed">Any number: the compiler does not know it.</param>
    /// <param name="rounds">Rounds.</param>
    public static void PopCount(ArrayView<int> sums, ulong seed, int rounds)
    {
        int thread = (Grid.IdxX * Group.DimX) + Group.IdxX;
        ulong x = seed + (ulong)thread, step = (seed << 1) | 1;
        ulong a0 = x * 3, a1 = x * 5, a2 = x * 7, a3 = x * 11, a4 = x * 13, a5 = x * 17, a6 = x * 19, a7 = x * 23;
        int c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0;
        for (int round = 0; round < rounds; round++)
        {
            x += step;
            c0 += IntrinsicMath.PopCount(a0 ^ x);
            c1 += IntrinsicMath.PopCount(a1 ^ x);
            c2 += IntrinsicMath.PopCount(a2 ^ x);
            c3 += IntrinsicMath.PopCount(a3 ^ x);
            c4 += IntrinsicMath.PopCount(a4 ^ x);
            c5 += IntrinsicMath.PopCount(a5 ^ x);
            c6 += IntrinsicMath.PopCount(a6 ^ x);
            c7 += IntrinsicMath.PopCount(a7 ^ x);
        }

        sums[thread] = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7;
    }
}
