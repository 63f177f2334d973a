using System.Runtime.Intrinsics;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Sign matrices on the host.</summary>
internal sealed unsafe partial class CpuSignMatrix(CpuDevice device) : SignMatrixPrimitives
{
    // Columns written by a thread at a time.
    private const int SetsPerTask = 64;

    public override void Columns(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<int> offsets, DeviceBuffer<int> features, int count, DeviceBuffer<ulong> columns)
    {
        CheckColumns(maskColumns, sampleCount, featureCount, offsets, features, count, columns);
        int words = MaskMatrix.WordsFor(sampleCount);
        ulong* source = CpuDevice.Pointer(maskColumns), target = CpuDevice.Pointer(columns);
        int* offset = CpuDevice.Pointer(offsets), feature = CpuDevice.Pointer(features);
        device.For((count + SetsPerTask - 1) / SetsPerTask, task =>
        {
            int end = Math.Min(count, (task + 1) * SetsPerTask);
            for (int set = task * SetsPerTask; set < end; set++)
            {
                ulong* column = target + ((long)set * words);
                new Span<ulong>(column, words).Clear();
                for (int at = offset[set]; at < offset[set + 1]; at++)
                {
                    if ((uint)feature[at] >= (uint)featureCount)
                    {
                        throw new ArgumentException($"Set {set} has feature {feature[at]}; features are 0 … {featureCount - 1}.", nameof(features));
                    }

                    Add(column, source + ((long)feature[at] * words), words);
                }
            }
        });
    }

    private static void Add(ulong* column, ulong* other, int words)
    {
        int w = 0;
        for (; w <= words - 4; w += 4)
        {
            (Vector256.Load(column + w) ^ Vector256.Load(other + w)).Store(column + w);
        }

        for (; w < words; w++)
        {
            column[w] ^= other[w];
        }
    }
}
