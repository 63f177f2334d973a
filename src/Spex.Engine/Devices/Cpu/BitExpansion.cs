using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Bits to numbers 0 and 1. Every lane of a vector gets the same few bits, keeps its own one, and turns into 1 where that is set.</summary>
internal static unsafe class BitExpansion
{
    /// <summary>Writes the first <paramref name="count"/> bits as floats.</summary>
    public static void ToFloats(ulong* bits, int count, float* target)
    {
        Vector256<int> lanes = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        Vector256<int> one = Vector256.Create(1f).AsInt32();
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            // Eight aligned bits never straddle words.
            Vector256<int> eight = Vector256.Create((int)((byte*)bits)[i >> 3]);
            (Vector256.Equals(eight & lanes, lanes) & one).AsSingle().Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] = (bits[i >> 6] >> (i & 63)) & 1;
        }
    }

    /// <summary>Writes the first <paramref name="count"/> bits as bfloat16 numbers.</summary>
    public static void ToBFloats(ulong* bits, int count, ushort* target)
    {
        Vector256<ushort> lanes = Vector256.Create((ushort)1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        Vector256<ushort> one = Vector256.Create(MaskPrimitives.BFloat16One);
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<ushort> sixteen = Vector256.Create(((ushort*)bits)[i >> 4]);
            (Vector256.Equals(sixteen & lanes, lanes) & one).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] = (ushort)(MaskPrimitives.BFloat16One * ((bits[i >> 6] >> (i & 63)) & 1));
        }
    }

    /// <summary>Writes the first <paramref name="count"/> bits as bytes.</summary>
    public static void ToBytes(ulong* bits, int count, byte* target)
    {
        Vector256<byte> lanes = Vector256.Create(0x8040201008040201UL).AsByte();

        // Byte k of 32 bits to lanes 8k … 8k+7; the source is in both halves, so no lane reads across them.
        Vector256<byte> spread = Vector256.Create(
            0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, (byte)19);
        Vector256<byte> one = Vector256.Create((byte)1);
        int i = 0;
        for (; i <= count - 32; i += 32)
        {
            Vector256<byte> thirtyTwo = Vector256.Shuffle(Vector256.Create(((uint*)bits)[i >> 5]).AsByte(), spread);
            (Vector256.Equals(thirtyTwo & lanes, lanes) & one).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] = (byte)((bits[i >> 6] >> (i & 63)) & 1);
        }
    }
}
