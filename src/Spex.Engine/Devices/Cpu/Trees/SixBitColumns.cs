using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>The bits of six samples side by side, a byte a feature: of any six rows, and kept ready for all samples in their order.</summary>
/// <remarks>
/// One permutation brings byte k of the rows together, a product over GF(2) transposes 8 × 8 bits. Kept are, for each chunk of <see cref="BitRows"/>, 128 bytes
/// a group of six consecutive samples, if all of them are no more than <see cref="MaxBytes"/>.
/// </remarks>
internal sealed unsafe class SixBitColumns : IDisposable
{
    public const int GroupSamples = 6;

    /// <summary>The most memory that is kept ready: 256 MiB; more samples do without.</summary>
    public const long MaxBytes = 1L << 28;

    // Three groups are read at a time.
    private const int PaddedGroups = 3;

    private readonly DeviceBuffer<byte>[] _chunks = [];

    public SixBitColumns(CpuDevice device, BitRows rows)
    {
        int groups = (rows.EmptyRow + (GroupSamples * PaddedGroups) - 1) / (GroupSamples * PaddedGroups) * PaddedGroups;
        if (rows.ChunkCount * groups * 128L > MaxBytes)
        {
            return;
        }

        _chunks = new DeviceBuffer<byte>[rows.ChunkCount];
        device.For(_chunks.Length, chunk =>
        {
            _chunks[chunk] = device.Allocate<byte>(groups * 128L);
            byte* target = DangerousChunk(chunk);
            Vector512<byte> low = ByteColumns(0), high = ByteColumns(8);
            int* indices = stackalloc int[GroupSamples];
            for (int group = 0; group < groups; group++)
            {
                for (int j = 0; j < GroupSamples; j++)
                {
                    indices[j] = Math.Min((group * GroupSamples) + j, rows.EmptyRow);
                }

                Gather(rows.DangerousChunk(chunk), indices, low, high, out Vector512<byte> first, out Vector512<byte> second);
                first.Store(target + (group * 128L));
                second.Store(target + (group * 128L) + 64);
            }
        });
    }

    /// <summary>Whether this processor has the permutation of bytes and the GF(2) product.</summary>
    public static bool IsSupported => Avx512Vbmi.IsSupported && Avx512BW.IsSupported && Gfni.V512.IsSupported;

    /// <summary>Whether nothing is kept ready.</summary>
    public bool IsEmpty => _chunks.Length == 0;

    /// <summary>The first group of a chunk; native memory that does not move.</summary>
    public byte* DangerousChunk(int chunk) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_chunks[chunk].Span));

    /// <summary>The bits of six rows: those of the chunk's first 64 features, in their order, and of the others.</summary>
    /// <param name="chunk">The chunk's rows.</param>
    /// <param name="indices">Six rows.</param>
    /// <param name="low"><see cref="ByteColumns"/> of 0.</param>
    /// <param name="high"><see cref="ByteColumns"/> of 8.</param>
    /// <param name="first">64 bytes with six bits each.</param>
    /// <param name="second">64 more.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gather(byte* chunk, int* indices, Vector512<byte> low, Vector512<byte> high, out Vector512<byte> first, out Vector512<byte> second)
    {
        Vector512<byte> unit = Vector512.Create(0x8040201008040201).AsByte();
        Vector512<byte> four = Vector512.Create(
            Vector256.Create(Row(chunk, indices[0]), Row(chunk, indices[1])),
            Vector256.Create(Row(chunk, indices[2]), Row(chunk, indices[3])));
        Vector512<byte> two = Vector256.Create(Row(chunk, indices[4]), Row(chunk, indices[5])).ToVector512();
        first = Gfni.V512.GaloisFieldAffineTransform(unit, Avx512Vbmi.PermuteVar64x8x2(four, low, two), 0);
        second = Gfni.V512.GaloisFieldAffineTransform(unit, Avx512Vbmi.PermuteVar64x8x2(four, high, two), 0);
    }

    /// <summary>
    /// Eight bytes for byte k of the rows, from <paramref name="start"/> on: nothing, nothing, row 5, …, row 0, since the product counts rows from
    /// the other end. The bytes from 96 on are zero.
    /// </summary>
    public static Vector512<byte> ByteColumns(int start)
    {
        Span<byte> bytes = stackalloc byte[64];
        for (int k = 0; k < 8; k++)
        {
            bytes[8 * k] = bytes[(8 * k) + 1] = 127;
            for (int row = 0; row < GroupSamples; row++)
            {
                bytes[(8 * k) + 7 - row] = (byte)((BitRows.BytesPerRow * row) + start + k);
            }
        }

        return Vector512.Create<byte>(bytes);
    }

    public void Dispose()
    {
        foreach (DeviceBuffer<byte> chunk in _chunks)
        {
            chunk.Dispose();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Row(byte* chunk, int index) => Vector128.Load(chunk + ((long)index * BitRows.BytesPerRow));
}
