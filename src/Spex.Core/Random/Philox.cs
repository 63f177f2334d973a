using System.Runtime.CompilerServices;

namespace Spex.Core.Random;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
/// A number is addressed by (seed, stream, index) and needs no state, so every device and every thread draws the same one.
/// </summary>
public static partial class Philox
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    /// <summary>The four 32-bit words of one block: key = seed, counter = (index, stream), each low word first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint X0, uint X1, uint X2, uint X3) Block(ulong seed, ulong stream, ulong index)
    {
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        uint x0 = (uint)index, x1 = (uint)(index >> 32), x2 = (uint)stream, x3 = (uint)(stream >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)Multiplier0 * x0, p1 = (ulong)Multiplier1 * x2;
            (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (x0, x1, x2, x3);
    }

    /// <summary>The <paramref name="index"/>-th 64-bit number of a stream: words 0 and 1 of block index/2, or words 2 and 3 when the index is odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Bits(ulong seed, ulong stream, ulong index)
    {
        (uint x0, uint x1, uint x2, uint x3) = Block(seed, stream, index >> 1);
        return (index & 1) == 0 ? x0 | ((ulong)x1 << 32) : x2 | ((ulong)x3 << 32);
    }

    /// <summary>The <paramref name="index"/>-th number of a stream, uniform in [0, 1) with 53 bits.</summary>
    public static double Uniform(ulong seed, ulong stream, ulong index) => (Bits(seed, stream, index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>The <paramref name="index"/>-th number of a stream, uniform in 0 … bound−1 (the multiply-shift form, bias below bound/2^64).</summary>
    public static int Below(ulong seed, ulong stream, ulong index, int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(Bits(seed, stream, index), (ulong)bound, out _);
    }

    /// <summary>The <paramref name="index"/>-th standard normal number of a stream, by Box and Muller's transform of one block.</summary>
    public static double Gaussian(ulong seed, ulong stream, ulong index)
    {
        (uint x0, uint x1, uint x2, uint x3) = Block(seed, stream, index);
        double u = (((x0 | ((ulong)x1 << 32)) >> 11) + 1) * (1.0 / (1UL << 53));
        double v = ((x2 | ((ulong)x3 << 32)) >> 11) * (1.0 / (1UL << 53));
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }
}
