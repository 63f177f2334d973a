using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu;

/// <summary>64 × 64 bits as 64 words.</summary>
internal static unsafe class BitBlock
{
    /// <summary>Transposes the block in place: bit c of word r goes to bit r of word c.</summary>
    /// <remarks>
    /// Six rounds swap off-diagonal blocks of 32, 16, … 1 bits (Warren, Hacker's Delight, 2nd ed., §7-3). Words that are four or more apart lie in
    /// different vectors; the last two rounds swap words inside one.
    /// </remarks>
    public static void Transpose(ulong* block)
    {
        Between(block, 32, 0x00000000FFFFFFFF);
        Between(block, 16, 0x0000FFFF0000FFFF);
        Between(block, 8, 0x00FF00FF00FF00FF);
        Between(block, 4, 0x0F0F0F0F0F0F0F0F);
        for (int r = 0; r < 64; r += 4)
        {
            Vector256<ulong> words = Vector256.Load(block + r);
            words = Within(words, Vector256.Shuffle(words, Vector256.Create(2UL, 3, 0, 1)), 2, 0x3333333333333333, Vector256.Create(0, 0, ulong.MaxValue, ulong.MaxValue));
            words = Within(words, Vector256.Shuffle(words, Vector256.Create(1UL, 0, 3, 2)), 1, 0x5555555555555555, Vector256.Create(0, ulong.MaxValue, 0, ulong.MaxValue));
            words.Store(block + r);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Between(ulong* block, int width, ulong mask)
    {
        Vector256<ulong> keep = Vector256.Create(mask);
        for (int start = 0; start < 64; start += 2 * width)
        {
            for (int r = start; r < start + width; r += 4)
            {
                Vector256<ulong> lower = Vector256.Load(block + r), upper = Vector256.Load(block + r + width);
                Vector256<ulong> swap = ((lower >>> width) ^ upper) & keep;
                (lower ^ (swap << width)).Store(block + r);
                (upper ^ swap).Store(block + r + width);
            }
        }
    }

    // A lower word keeps its low columns and takes its partner's low columns as its high ones; an upper word the other way round.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Within(Vector256<ulong> words, Vector256<ulong> partners, int width, ulong mask, Vector256<ulong> isUpper)
    {
        Vector256<ulong> low = Vector256.Create(mask);
        Vector256<ulong> asLower = (words & low) | ((partners & low) << width);
        Vector256<ulong> asUpper = (words & ~low) | ((partners >>> width) & low);
        return Vector256.ConditionalSelect(isUpper, asUpper, asLower);
    }
}
