using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Masks on the host.</summary>
internal sealed class CpuMasks(CpuDevice device) : MaskPrimitives
{
    private const int RowsPerBlock = 4096;

    public override void Generate(MaskDesign design, long start, int count, DeviceBuffer<ulong> packed)
    {
        int words = MaskMatrix.WordsFor(design.FeatureCount);
        device.For((count + RowsPerBlock - 1) / RowsPerBlock, block =>
        {
            int end = Math.Min(count, (block + 1) * RowsPerBlock);
            for (int row = block * RowsPerBlock; row < end; row++)
            {
                design.WriteMask(start + row, packed.Span.Slice(row * words, words));
            }
        });
    }

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<float> dense)
    {
        int words = MaskMatrix.WordsFor(featureCount);
        device.For(count, row =>
        {
            ReadOnlySpan<ulong> mask = packed.Span.Slice(row * words, words);
            Span<float> target = dense.Span.Slice(row * featureCount, featureCount);
            for (int i = 0; i < featureCount; i++)
            {
                target[i] = (mask[i >> 6] >> (i & 63)) & 1;
            }
        });
    }

    public override void Transpose(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ulong> columns)
    {
        int rowWords = MaskMatrix.WordsFor(featureCount);
        int columnWords = MaskMatrix.WordsFor(count);
        device.For(columnWords, word =>
        {
            Span<ulong> target = columns.Span;
            ReadOnlySpan<ulong> source = packed.Span;
            int samples = Math.Min(64, count - (word * 64));
            for (int i = 0; i < featureCount; i++)
            {
                ulong bits = 0;
                for (int s = 0; s < samples; s++)
                {
                    bits |= ((source[(((word * 64) + s) * rowWords) + (i >> 6)] >> (i & 63)) & 1) << s;
                }

                target[(i * columnWords) + word] = bits;
            }
        });
    }
}
