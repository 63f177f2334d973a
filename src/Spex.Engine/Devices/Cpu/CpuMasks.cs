using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Masks on the host.</summary>
internal sealed unsafe class CpuMasks(CpuDevice device) : MaskPrimitives
{
    // Words a thread writes at a time: 128 KB, which its second-level cache holds.
    private const int TaskWords = 1 << 14;

    // Columns are written eight words (512 samples) at a time, a whole cache line of each.
    private const int LineWords = 8;

    public override void Generate(MaskDesign design, long start, int count, DeviceBuffer<ulong> packed)
    {
        CheckGenerate(design, start, count, packed);
        int words = MaskMatrix.WordsFor(design.FeatureCount);
        ulong* target = CpuDevice.Pointer(packed);
        int rowsPerTask = RowsPerTask(words);
        device.For(TaskCount(count, rowsPerTask), task =>
        {
            int first = task * rowsPerTask, rows = Math.Min(rowsPerTask, count - first);
            design.WriteMasks(start + first, rows, new Span<ulong>(target + ((long)first * words), rows * words));
        });
    }

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<float> dense) =>
        Expand(packed, count, featureCount, dense, &BitExpansion.ToFloats);

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ushort> dense) =>
        Expand(packed, count, featureCount, dense, &BitExpansion.ToBFloats);

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<byte> dense) =>
        Expand(packed, count, featureCount, dense, &BitExpansion.ToBytes);

    public override void Transpose(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ulong> columns)
    {
        CheckTranspose(packed, count, featureCount, columns);
        int rowWords = MaskMatrix.WordsFor(featureCount), columnWords = MaskMatrix.WordsFor(count);
        ulong* source = CpuDevice.Pointer(packed), target = CpuDevice.Pointer(columns);
        device.For(TaskCount(columnWords, LineWords), task =>
        {
            ulong* tile = stackalloc ulong[LineWords * 64];
            ulong* block = stackalloc ulong[64];
            int firstWord = task * LineWords, wordCount = Math.Min(LineWords, columnWords - firstWord);
            for (int rowWord = 0; rowWord < rowWords; rowWord++)
            {
                for (int word = 0; word < wordCount; word++)
                {
                    long firstRow = (firstWord + word) * 64L;
                    int rows = (int)Math.Min(64, count - firstRow);
                    ulong* from = source + (firstRow * rowWords) + rowWord;
                    for (int row = 0; row < rows; row++)
                    {
                        block[row] = from[(long)row * rowWords];
                    }

                    new Span<ulong>(block + rows, 64 - rows).Clear();
                    BitBlock.Transpose(block);
                    for (int feature = 0; feature < 64; feature++)
                    {
                        tile[(feature * LineWords) + word] = block[feature];
                    }
                }

                int features = Math.Min(64, featureCount - (rowWord * 64));
                for (int feature = 0; feature < features; feature++)
                {
                    ulong* to = target + ((((long)rowWord * 64) + feature) * columnWords) + firstWord;
                    new ReadOnlySpan<ulong>(tile + (feature * LineWords), wordCount).CopyTo(new Span<ulong>(to, wordCount));
                }
            }
        });
    }

    public override void Select(DeviceBuffer<ulong> packed, DeviceBuffer<int> rows, int count, int featureCount, DeviceBuffer<ulong> selected, int first = 0)
    {
        CheckSelect(packed, rows, count, featureCount, selected, first);
        int words = MaskMatrix.WordsFor(featureCount), rowsPerTask = RowsPerTask(words);
        ulong* source = CpuDevice.Pointer(packed), target = CpuDevice.Pointer(selected) + ((long)first * words);
        int* numbers = CpuDevice.Pointer(rows);
        device.For(TaskCount(count, rowsPerTask), task =>
        {
            int end = Math.Min(count, (task + 1) * rowsPerTask);
            for (int row = task * rowsPerTask; row < end; row++)
            {
                new ReadOnlySpan<ulong>(source + ((long)numbers[row] * words), words).CopyTo(new Span<ulong>(target + ((long)row * words), words));
            }
        });
    }

    private void Expand<T>(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<T> dense, delegate*<ulong*, int, T*, void> expandRow)
        where T : unmanaged
    {
        CheckExpand(packed, count, featureCount, dense);
        int words = MaskMatrix.WordsFor(featureCount);
        ulong* source = CpuDevice.Pointer(packed);
        T* target = CpuDevice.Pointer(dense);
        int rowsPerTask = RowsPerTask(words);
        device.For(TaskCount(count, rowsPerTask), task =>
        {
            int end = Math.Min(count, (task + 1) * rowsPerTask);
            for (int row = task * rowsPerTask; row < end; row++)
            {
                expandRow(source + ((long)row * words), featureCount, target + ((long)row * featureCount));
            }
        });
    }

    private static int RowsPerTask(int words) => Math.Max(1, TaskWords / Math.Max(1, words));

    private static int TaskCount(int count, int perTask) => (int)(((long)count + perTask - 1) / perTask);
}
