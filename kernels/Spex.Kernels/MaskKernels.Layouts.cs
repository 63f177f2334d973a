using ILGPU;
using ILGPU.Runtime;

namespace Spex.Kernels;

/// <content>Packed masks as numbers and as columns.</content>
public static partial class MaskKernels
{
    /// <summary>Words of a column in a tile of <see cref="Transpose"/>: a cache line.</summary>
    public const int TileWords = 16;

    // One more word than samples of a word, so that the words of a line lie in different banks.
    private const int TileStride = 65;

    /// <summary>1.0f where a feature is present: count × n numbers, of which a thread writes four (16 bytes) at once.</summary>
    public static void ExpandToFloats(ArrayView<ulong> packed, ArrayView<float> dense, int featureCount, long total)
    {
        ArrayView<Quad> quads = dense.Cast<Quad>().AsAligned16();
        long whole = total >> 2, vectors = (total + 3) >> 2;
        for (long item = Items.First; item < vectors; item += Items.Step)
        {
            if (item < whole && featureCount >= 4)
            {
                uint taken = Take(packed, featureCount, item << 2, 4);
                quads[item] = new Quad((taken & 1) * 0x3F800000, ((taken >> 1) & 1) * 0x3F800000, ((taken >> 2) & 1) * 0x3F800000, (taken >> 3) * 0x3F800000);
                continue;
            }

            BitReader bits = new(featureCount, item << 2);
            if (item < whole)
            {
                quads[item] = new Quad(bits.Next(packed) * 0x3F800000, bits.Next(packed) * 0x3F800000, bits.Next(packed) * 0x3F800000, bits.Next(packed) * 0x3F800000);
                continue;
            }

            for (long i = item << 2; i < total; i++)
            {
                dense[i] = bits.Next(packed);
            }
        }
    }

    /// <summary>The bfloat16 1.0 (0x3F80) where a feature is present: count × n numbers, of which a thread writes eight (16 bytes) at once.</summary>
    public static void ExpandToBFloats(ArrayView<ulong> packed, ArrayView<ushort> dense, int featureCount, long total)
    {
        ArrayView<Quad> quads = dense.Cast<Quad>().AsAligned16();
        long whole = total >> 3, vectors = (total + 7) >> 3;
        for (long item = Items.First; item < vectors; item += Items.Step)
        {
            if (item < whole && featureCount >= 8)
            {
                uint taken = Take(packed, featureCount, item << 3, 8);
                quads[item] = new Quad(Spread2(taken), Spread2(taken >> 2), Spread2(taken >> 4), Spread2(taken >> 6));
                continue;
            }

            BitReader bits = new(featureCount, item << 3);
            if (item < whole)
            {
                quads[item] = new Quad(bits.Next2(packed), bits.Next2(packed), bits.Next2(packed), bits.Next2(packed));
                continue;
            }

            for (long i = item << 3; i < total; i++)
            {
                dense[i] = (ushort)(bits.Next(packed) * 0x3F80);
            }
        }
    }

    /// <summary>The byte 1 where a feature is present: count × n bytes, of which a thread writes 16 at once.</summary>
    public static void ExpandToBytes(ArrayView<ulong> packed, ArrayView<byte> dense, int featureCount, long total)
    {
        ArrayView<Quad> quads = dense.Cast<Quad>().AsAligned16();
        long whole = total >> 4, vectors = (total + 15) >> 4;
        for (long item = Items.First; item < vectors; item += Items.Step)
        {
            if (item < whole && featureCount >= 16)
            {
                uint taken = Take(packed, featureCount, item << 4, 16);
                quads[item] = new Quad(Spread4(taken), Spread4(taken >> 4), Spread4(taken >> 8), Spread4(taken >> 12));
                continue;
            }

            BitReader bits = new(featureCount, item << 4);
            if (item < whole)
            {
                quads[item] = new Quad(bits.Next4(packed), bits.Next4(packed), bits.Next4(packed), bits.Next4(packed));
                continue;
            }

            for (long i = item << 4; i < total; i++)
            {
                dense[i] = (byte)bits.Next(packed);
            }
        }
    }

    /// <summary>
    /// Masks into columns. A group takes a word of features and <see cref="TileWords"/> words of samples: it stages the 1,024 words in shared memory, then every thread gathers one bit of
    /// 64 words into a word of a column. Groups: ⌈n/64⌉ · ⌈⌈count/64⌉ / <see cref="TileWords"/>⌉.
    /// </summary>
    public static void Transpose(ArrayView<ulong> packed, ArrayView<ulong> columns, int count, int featureCount)
    {
        ArrayView<ulong> tile = SharedMemory.Allocate<ulong>(TileWords * TileStride);
        int rowWords = (featureCount + 63) >> 6, columnWords = (count + 63) >> 6;
        int line = Grid.IdxX / rowWords, rowWord = Grid.IdxX - (line * rowWords), firstWord = line * TileWords;
        for (int i = Group.IdxX; i < TileWords * 64; i += Group.DimX)
        {
            long row = ((long)firstWord * 64) + i;
            tile[((i >> 6) * TileStride) + (i & 63)] = row < count ? packed[(row * rowWords) + rowWord] : 0;
        }

        Group.Barrier();
        for (int i = Group.IdxX; i < TileWords * 64; i += Group.DimX)
        {
            int word = i & (TileWords - 1), bit = i / TileWords, feature = (rowWord * 64) + bit;
            if (feature < featureCount && firstWord + word < columnWords)
            {
                ulong samples = 0;
                int from = word * TileStride;
                for (int s = 0; s < 64; s++)
                {
                    samples |= ((tile[from + s] >> bit) & 1) << s;
                }

                columns[((long)feature * columnWords) + firstWord + word] = samples;
            }
        }
    }

    // At most 16 bits of packed rows, from a row to the next where they cross its end; n is no less than their number. One load, two or three where a word or a row ends.
    private static uint Take(ArrayView<ulong> packed, int featureCount, long first, int count)
    {
        long row = Items.Divide(first, featureCount);
        int feature = (int)(first - (row * featureCount)), words = (featureCount + 63) >> 6, bit = feature & 63, left = featureCount - feature;
        int own = left < count ? left : count;
        long word = (row * words) + (feature >> 6);
        ulong bits = packed[word] >> bit;
        if (bit + own > 64)
        {
            bits |= packed[word + 1] << (64 - bit);
        }

        // A row's bits beyond its last feature are zero.
        if (own < count)
        {
            bits |= packed[(row + 1) * words] << own;
        }

        return (uint)bits & ((1U << count) - 1);
    }

    // The lowest two bits as bfloat16 numbers, the lowest four as bytes: the first number in the lowest bits.
    private static uint Spread2(uint bits) => ((bits & 1) | ((bits & 2) << 15)) * 0x3F80;

    private static uint Spread4(uint bits) => ((bits & 0xF) * 0x0020_4081) & 0x0101_0101;

    /// <summary>Reads the bits of packed rows one after the other, from row to row; one division for the first.</summary>
    private struct BitReader
    {
        private readonly int _featureCount;
        private readonly int _words;
        private long _row;
        private int _feature;

        public BitReader(int featureCount, long first)
        {
            _featureCount = featureCount;
            _words = (featureCount + 63) >> 6;
            long row = Items.Divide(first, featureCount);
            _row = row * _words;
            _feature = (int)(first - (row * featureCount));
        }

        public uint Next(ArrayView<ulong> packed)
        {
            uint bit = (uint)(packed[_row + (_feature >> 6)] >> (_feature & 63)) & 1;
            _feature++;
            if (_feature == _featureCount)
            {
                _feature = 0;
                _row += _words;
            }

            return bit;
        }

        // Little-endian: the first number in the lowest bits.
        public uint Next2(ArrayView<ulong> packed)
        {
            uint first = Next(packed);
            return (first | (Next(packed) << 16)) * 0x3F80;
        }

        public uint Next4(ArrayView<ulong> packed)
        {
            uint first = Next(packed), second = Next(packed), third = Next(packed);
            return first | (second << 8) | (third << 16) | (Next(packed) << 24);
        }
    }
}
