using ILGPU;

namespace Spex.Kernels;

/// <summary>Masks of designs from their indices, masks as numbers, and masks as columns.</summary>
/// <remarks>
/// <para>Layout: packed masks are rows of W = ⌈n/64⌉ words, feature i at bit i mod 64 of word i div 64; dense masks are rows of n numbers; columns are ⌈N/64⌉ words a
/// feature, sample s at bit s mod 64 of word s div 64. Bits beyond the last feature or sample are zero.</para>
/// <para>Launch: <see cref="Transpose"/> takes one group a tile, any group size; <see cref="Uniform"/> as it says; the others any number of groups of any size (<see cref="Items"/>).</para>
/// <para>Moved: generators write 8 bytes a word and read next to nothing (a basis that the first-level cache holds); expansions read n/8 bytes a mask and write 16 bytes a
/// store; the transposition reads and writes n/8 bytes a mask.</para>
/// </remarks>
public static partial class MaskKernels
{
    /// <summary>The most words of a tile of <see cref="Uniform"/>: 16 KB of shared memory.</summary>
    public const int UniformTileWords = 2048;

    private const uint PhiloxMultiplier0 = 0xD2511F53;
    private const uint PhiloxMultiplier1 = 0xCD9E8D57;
    private const uint PhiloxWeyl0 = 0x9E3779B9;
    private const uint PhiloxWeyl1 = 0xBB67AE85;
    private const ulong FeistelMultiplier1 = 0xFF51AFD7ED558CCD;
    private const ulong FeistelMultiplier2 = 0xC4CEB9FE1A85EC53;

    /// <summary>Mask k has the bits of k, for up to 64 features: words start, start + 1, ….</summary>
    public static void Exhaustive(ArrayView<ulong> packed, ulong start, long count)
    {
        for (long row = Items.First; row < count; row += Items.Step)
        {
            packed[row] = start + (ulong)row;
        }
    }

    /// <summary>
    /// Distinct uniformly random masks: word 0 of mask i is the keyed permutation π(i) of min(n, 64) bits (an alternating Feistel network of eight rounds), words 2p − 1 and 2p are
    /// Philox4x32-10 block (seed, stream, i·B + p − 1) with B = ⌊W/2⌋.
    /// </summary>
    /// <remarks>
    /// For W ≤ <see cref="UniformTileWords"/>. A group makes a tile of whole masks in shared memory, first all its permutations and then all its blocks, so that neighbouring threads do the same work, and writes
    /// it as it lies: no line of memory is written in two parts. Launch: any number of groups, of any size, which take tiles in steps; 256 threads are best. Moved: 8 bytes a word, coalesced; about 100
    /// operations a block of 16 bytes. Two barriers a tile.
    /// </remarks>
    /// <param name="packed">count × W words.</param>
    /// <param name="start">Index of the first mask.</param>
    /// <param name="count">Number of masks.</param>
    /// <param name="masks">Seed, stream, keys and n.</param>
    public static void Uniform(ArrayView<ulong> packed, ulong start, long count, UniformMasks masks)
    {
        ArrayView<ulong> tile = SharedMemory.Allocate<ulong>(UniformTileWords);
        int words = masks.Words, blocks = words >> 1, rows = UniformTileWords / words;
        long tiles = (count + rows - 1) / rows;

        // A thread's first block of a tile and the way to its next one: the same in all tiles, so two divisions a thread.
        int ownRow = blocks > 0 ? Group.IdxX / blocks : rows, ownBlock = Group.IdxX - (ownRow * blocks);
        int stepRows = blocks > 0 ? Group.DimX / blocks : 1, stepBlocks = Group.DimX - (stepRows * blocks);
        for (long number = Grid.IdxX; number < tiles; number += Grid.DimX)
        {
            long first = number * rows;
            int here = count - first < rows ? (int)(count - first) : rows;
            for (int row = Group.IdxX; row < here; row += Group.DimX)
            {
                tile[row * words] = Permute(start + (ulong)(first + row), masks);
            }

            for (int row = ownRow, block = ownBlock; row < here; row += stepRows)
            {
                Philox(masks.Seed, masks.Stream, ((start + (ulong)(first + row)) * (ulong)blocks) + (ulong)block, out ulong low, out ulong high);
                int word = 1 + (2 * block), at = (row * words) + word;
                tile[at] = word + 1 == words ? low & masks.LastWord : low;
                if (word + 1 < words)
                {
                    tile[at + 1] = word + 2 == words ? high & masks.LastWord : high;
                }

                block += stepBlocks;
                if (block >= blocks)
                {
                    block -= blocks;
                    row++;
                }
            }

            Group.Barrier();
            for (int i = Group.IdxX; i < here * words; i += Group.DimX)
            {
                packed[(first * words) + i] = tile[i];
            }

            Group.Barrier();
        }
    }

    /// <summary>As <see cref="Uniform"/>, for any number of words: each thread writes what it makes. Launch: any; a thread a permutation or block. Moved: 8 bytes a word, in pieces of 8 and 16 bytes.</summary>
    public static void UniformWide(ArrayView<ulong> packed, ulong start, long count, UniformMasks masks)
    {
        // All permutations first, then all blocks: neighbouring threads do the same work.
        int words = masks.Words, blocks = words >> 1;
        long items = count * (1 + blocks);
        for (long item = Items.First; item < items; item += Items.Step)
        {
            if (item < count)
            {
                packed[item * words] = Permute(start + (ulong)item, masks);
            }
            else
            {
                long at = item - count, row = Items.Divide(at, blocks);
                int block = (int)(at - (row * blocks)), word = 1 + (2 * block);
                ulong index = ((start + (ulong)row) * (ulong)blocks) + (ulong)block;
                Philox(masks.Seed, masks.Stream, index, out ulong low, out ulong high);
                long target = (row * words) + word;
                packed[target] = word + 1 == words ? low & masks.LastWord : low;
                if (word + 1 < words)
                {
                    packed[target + 1] = word + 2 == words ? high & masks.LastWord : high;
                }
            }
        }
    }

    /// <summary>Queries of an affine design, eight at a time: query (c, d, l) is o_c ⊕ D_d ⊕ ⊕_{q: bit q of l is 1} M_{c,q}; b ≥ 3.</summary>
    /// <param name="packed">count × W words.</param>
    /// <param name="basis">Groups × b × W words M.</param>
    /// <param name="offsets">Groups × W words o.</param>
    /// <param name="delays">Delays × W words D.</param>
    /// <param name="start">Number of the first query.</param>
    /// <param name="count">Number of queries.</param>
    /// <param name="shape">W, b and the number of delays.</param>
    public static void Affine(
        ArrayView<ulong> packed, ArrayView<ulong> basis, ArrayView<ulong> offsets, ArrayView<ulong> delays, long start, long count, AffineMasksShape shape)
    {
        // Eight queries share all but the lowest three bits of l: one read of the basis a word written, and no more. Threads side by side write words side by side.
        int words = shape.Words;
        long firstOctet = start >> 3, octets = ((start + count + 7) >> 3) - firstOctet;
        for (long item = Items.First; item < octets * words; item += Items.Step)
        {
            long octet = Items.Divide(item, words);
            int word = (int)(item - (octet * words));
            long query = (firstOctet + octet) << 3;
            ulong x0 = AffineWord(basis, offsets, delays, query, word, shape);
            long third = ((Items.Divide(query >> shape.Log2Bins, shape.Delays) * shape.Log2Bins) * words) + word;
            ulong a = basis[third], b = basis[third + words], c = basis[third + (2L * words)];
            ulong x1 = x0 ^ a, x2 = x0 ^ b, x3 = x1 ^ b;
            long row = query - start;
            Put(packed, row, count, words, word, x0);
            Put(packed, row + 1, count, words, word, x1);
            Put(packed, row + 2, count, words, word, x2);
            Put(packed, row + 3, count, words, word, x3);
            Put(packed, row + 4, count, words, word, x0 ^ c);
            Put(packed, row + 5, count, words, word, x1 ^ c);
            Put(packed, row + 6, count, words, word, x2 ^ c);
            Put(packed, row + 7, count, words, word, x3 ^ c);
        }
    }

    /// <summary>Queries of an affine design by their numbers, where coinciding ones are left out: mask i is query queries[start + i].</summary>
    public static void AffineQueries(
        ArrayView<ulong> packed,
        ArrayView<ulong> basis,
        ArrayView<ulong> offsets,
        ArrayView<ulong> delays,
        ArrayView<int> queries,
        long start,
        long count,
        AffineMasksShape shape)
    {
        int words = shape.Words;
        for (long item = Items.First; item < count * words; item += Items.Step)
        {
            long row = Items.Divide(item, words);
            packed[item] = AffineWord(basis, offsets, delays, queries[start + row], (int)(item - (row * words)), shape);
        }
    }

    private static ulong AffineWord(ArrayView<ulong> basis, ArrayView<ulong> offsets, ArrayView<ulong> delays, long query, int word, AffineMasksShape shape)
    {
        int words = shape.Words;
        long block = query >> shape.Log2Bins, group = Items.Divide(block, shape.Delays), delay = block - (group * shape.Delays);
        ulong value = offsets[(group * words) + word] ^ delays[(delay * words) + word];
        long row = (group * shape.Log2Bins * words) + word;
        for (int q = 0; q < shape.Log2Bins; q++, row += words)
        {
            value ^= basis[row] & (0UL - ((ulong)(query >> q) & 1));
        }

        return value;
    }

    private static void Put(ArrayView<ulong> packed, long row, long count, int words, int word, ulong value)
    {
        if (row >= 0 && row < count)
        {
            packed[(row * words) + word] = value;
        }
    }

    private static ulong Permute(ulong index, UniformMasks masks)
    {
        int low = masks.LowBits >> 1, high = masks.LowBits - low;
        if (low == 0)
        {
            return index ^ (masks.Key0 >> 63);
        }

        ulong left = index & ((1UL << low) - 1), right = index >> low;
        right ^= Mix(left, masks.Key0) >> (64 - high);
        left ^= Mix(right, masks.Key1) >> (64 - low);
        right ^= Mix(left, masks.Key2) >> (64 - high);
        left ^= Mix(right, masks.Key3) >> (64 - low);
        right ^= Mix(left, masks.Key4) >> (64 - high);
        left ^= Mix(right, masks.Key5) >> (64 - low);
        right ^= Mix(left, masks.Key6) >> (64 - high);
        left ^= Mix(right, masks.Key7) >> (64 - low);
        return left | (right << low);
    }

    private static ulong Mix(ulong x, ulong key)
    {
        ulong mixed = (x ^ key) * FeistelMultiplier1;
        mixed ^= mixed >> 32;
        return mixed * FeistelMultiplier2;
    }

    // Philox4x32-10 of Salmon et al. (SC 2011): key = seed, counter = (index, stream).
    private static void Philox(ulong seed, ulong stream, ulong index, out ulong low, out ulong high)
    {
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        uint x0 = (uint)index, x1 = (uint)(index >> 32), x2 = (uint)stream, x3 = (uint)(stream >> 32);

        // One by one: ILGPU unrolls no loop, and a round alone is few instructions more than a loop's own.
        unchecked
        {
            Round(k0, k1, ref x0, ref x1, ref x2, ref x3);
            Round(k0 + PhiloxWeyl0, k1 + PhiloxWeyl1, ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (2 * PhiloxWeyl0), k1 + (2 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (3 * PhiloxWeyl0), k1 + (3 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (4 * PhiloxWeyl0), k1 + (4 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (5 * PhiloxWeyl0), k1 + (5 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (6 * PhiloxWeyl0), k1 + (6 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (7 * PhiloxWeyl0), k1 + (7 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (8 * PhiloxWeyl0), k1 + (8 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
            Round(k0 + (9 * PhiloxWeyl0), k1 + (9 * PhiloxWeyl1), ref x0, ref x1, ref x2, ref x3);
        }

        low = x0 | ((ulong)x1 << 32);
        high = x2 | ((ulong)x3 << 32);
    }

    private static void Round(uint key0, uint key1, ref uint x0, ref uint x1, ref uint x2, ref uint x3)
    {
        ulong p0 = (ulong)PhiloxMultiplier0 * x0, p1 = (ulong)PhiloxMultiplier1 * x2;
        x0 = (uint)(p1 >> 32) ^ x1 ^ key0;
        x2 = (uint)(p0 >> 32) ^ x3 ^ key1;
        x1 = (uint)p1;
        x3 = (uint)p0;
    }
}
