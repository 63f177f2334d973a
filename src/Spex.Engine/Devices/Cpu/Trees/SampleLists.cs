using System.Numerics;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>The indices of a sample set's members, ascending, from its bits: eight bits at a time by a table, without a branch on a bit.</summary>
internal static unsafe class SampleLists
{
    // Entry b: the positions of the ones of b, then whatever.
    private static readonly ulong[] Positions = MakePositions();

    /// <summary>Writes the members of a ∧ b.</summary>
    /// <param name="a">Words of a set.</param>
    /// <param name="b">Words of another.</param>
    /// <param name="indices">Room for all members and 7 more.</param>
    /// <returns>How many there are.</returns>
    public static int Write(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, int* indices)
    {
        int* target = indices;
        fixed (ulong* positions = Positions)
        {
            for (int word = 0; word < a.Length; word++)
            {
                ulong bits = a[word] & b[word];
                for (int start = word * 64; bits != 0; start += 8, bits >>= 8)
                {
                    byte eight = (byte)bits;
                    Vector128<ushort> offsets = Vector128.WidenLower(Vector128.CreateScalar(positions[eight]).AsByte());
                    Vector256<uint> members = Vector256.Create(Vector128.WidenLower(offsets), Vector128.WidenUpper(offsets)) + Vector256.Create((uint)start);
                    members.Store((uint*)target);
                    target += BitOperations.PopCount(eight);
                }
            }
        }

        return (int)(target - indices);
    }

    private static ulong[] MakePositions()
    {
        ulong[] table = new ulong[256];
        for (int b = 0; b < 256; b++)
        {
            int at = 0;
            for (int bit = 0; bit < 8; bit++)
            {
                if ((b >> bit & 1) != 0)
                {
                    table[b] |= (ulong)bit << (8 * at++);
                }
            }
        }

        return table;
    }
}
