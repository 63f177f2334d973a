using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>The bit matrix as the histograms read it: chunks of 128 features, in each 16 bytes a sample, sample after sample.</summary>
/// <remarks>
/// A node's samples are gathered by index, so a sample's bits lie together; a chunk of 10,000 samples is 160 kB and stays in the second-level cache while a node's
/// samples are read. Feature 128c + i is bit i mod 8 of byte i div 8 of its sample in chunk c. One more row, without bits, follows the samples: it fills up groups.
/// </remarks>
internal sealed unsafe class BitRows : IDisposable
{
    public const int ChunkFeatures = 128;
    public const int BytesPerRow = ChunkFeatures / 8;

    private readonly DeviceBuffer<byte>[] _chunks;

    /// <summary>Turns columns (n × ⌈N/64⌉ words) into chunks of rows.</summary>
    public BitRows(CpuDevice device, DeviceBuffer<ulong> columns, int sampleCount, int featureCount)
    {
        EmptyRow = sampleCount;
        int words = MaskMatrix.WordsFor(sampleCount);
        _chunks = new DeviceBuffer<byte>[(featureCount + ChunkFeatures - 1) / ChunkFeatures];
        device.For(_chunks.Length, chunk =>
        {
            _chunks[chunk] = device.Allocate<byte>((sampleCount + 1L) * BytesPerRow);
            Span<byte> rows = _chunks[chunk].Span;
            rows[^BytesPerRow..].Clear();
            ReadOnlySpan<ulong> source = columns.Span;
            Span<ulong> block = stackalloc ulong[64];
            for (int word = 0; word < words; word++)
            {
                int samples = Math.Min(64, sampleCount - (word * 64));
                for (int part = 0; part < ChunkFeatures / 64; part++)
                {
                    int first = (chunk * ChunkFeatures) + (part * 64);
                    for (int i = 0; i < 64; i++)
                    {
                        block[i] = first + i < featureCount ? source[((first + i) * words) + word] : 0;
                    }

                    BitTranspose.Transpose64(block);
                    for (int s = 0; s < samples; s++)
                    {
                        MemoryMarshal.Write(rows[((((word * 64) + s) * BytesPerRow) + (part * 8))..], block[s]);
                    }
                }
            }
        });
    }

    /// <summary>Number of chunks ⌈n/128⌉.</summary>
    public int ChunkCount => _chunks.Length;

    /// <summary>Index of the row without bits: the number of samples N.</summary>
    public int EmptyRow { get; }

    /// <summary>The first row of a chunk; native memory that does not move.</summary>
    public byte* DangerousChunk(int chunk) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_chunks[chunk].Span));

    public void Dispose()
    {
        foreach (DeviceBuffer<byte> chunk in _chunks)
        {
            chunk.Dispose();
        }
    }
}
