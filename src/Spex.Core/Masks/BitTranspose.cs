namespace Spex.Core.Masks;

/// <summary>Turns blocks of bits on their diagonal: rows of masks into columns of features.</summary>
internal static class BitTranspose
{
    /// <summary>Transposes 64 × 64 bits in place: bit c of word r goes to bit r of word c.</summary>
    /// <remarks>Six rounds that swap off-diagonal blocks of 32, 16, … 1 bits (Warren, Hacker's Delight, 2nd ed., §7-3).</remarks>
    public static void Transpose64(Span<ulong> block)
    {
        ulong mask = 0x00000000FFFFFFFF;
        for (int width = 32; width != 0; width >>= 1, mask ^= mask << width)
        {
            for (int r = 0; r < 64; r = (r + width + 1) & ~width)
            {
                ulong swap = ((block[r] >> width) ^ block[r + width]) & mask;
                block[r] ^= swap << width;
                block[r + width] ^= swap;
            }
        }
    }
}
