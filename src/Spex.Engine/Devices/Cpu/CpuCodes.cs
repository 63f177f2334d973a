using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Sparse recovery on the host: eight delays a vector, threads over bins, pairs and layers.</summary>
internal sealed unsafe partial class CpuCodes(CpuDevice device) : CodePrimitives
{
    // Bins for one thread at a time, far more work than handing them out.
    private const int BinsPerTask = 16;

    public override void Gather(DeviceBuffer<float> rows, BinTable bins)
    {
        CheckGather(rows, bins);
        float* from = CpuDevice.Pointer(rows);
        float* to = CpuDevice.Pointer(bins.Columns);
        int stride = bins.Stride, delays = bins.Delays, perGroup = 1 << bins.Log2Bins;
        int tasks = (perGroup + BinsPerTask - 1) / BinsPerTask;
        device.For(bins.GroupCount * tasks, task =>
        {
            (int group, int part) = Math.DivRem(task, tasks);
            int end = Math.Min(perGroup, (part + 1) * BinsPerTask);
            for (int j = part * BinsPerTask; j < end; j++)
            {
                Span<float> column = new(to + ((((long)group << bins.Log2Bins) + j) * stride), stride);
                float* u = from + ((long)group * delays * perGroup) + j;
                for (int d = 0; d < delays; d++, u += perGroup)
                {
                    column[d] = *u;
                }

                column[delays..].Clear();
            }
        });
    }

    public override void Repeat(BinTable source, BinTable target)
    {
        CheckRepeat(source, target);
        float* from = CpuDevice.Pointer(source.Columns);
        float* to = CpuDevice.Pointer(target.Columns);
        long length = (long)source.BinCount * source.Stride;
        for (int layer = 0; layer < target.LayerCount; layer++)
        {
            Buffer.MemoryCopy(from, to + (layer * length), length * sizeof(float), length * sizeof(float));
        }
    }

    public override void TotalEnergies(BinTable bins, ReadOnlySpan<UInt128> delays, Span<double> energies)
    {
        ArgumentNullException.ThrowIfNull(bins);
        CheckLength(delays.Length, bins.LayerCount, nameof(delays));
        CheckLength(energies.Length, bins.LayerCount, nameof(energies));
        double[] sums = new double[bins.LayerCount];
        UInt128[] chosen = delays.ToArray();
        device.For(bins.LayerCount, layer =>
        {
            BinColumns columns = new(bins, layer);
            int[] lanes = BinColumns.LanesOf(bins, chosen[layer]);
            double sum = 0;
            for (int bin = 0; bin < columns.BinCount; bin++)
            {
                sum += columns.Energy(bin, lanes);
            }

            sums[layer] = sum;
        });
        sums.CopyTo(energies);
    }

    public override void BlockEnergies(BinTable bins, Span<double> energies)
    {
        ArgumentNullException.ThrowIfNull(bins);
        int delays = bins.Delays, stride = bins.Stride, blocks = bins.LayerCount * bins.GroupCount;
        CheckLength(energies.Length, blocks * delays, nameof(energies));
        double[] sums = new double[blocks * stride];
        device.For(blocks, block =>
        {
            (int layer, int group) = Math.DivRem(block, bins.GroupCount);
            float* column = new BinColumns(bins, layer).Column(group << bins.Log2Bins);
            ref double sum = ref sums[block * stride];
            for (int j = 0; j < 1 << bins.Log2Bins; j++, column += stride)
            {
                for (int d = 0; d < stride; d += 8)
                {
                    (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Load(column + d));
                    (Vector256.LoadUnsafe(ref sum, (nuint)d) + (low * low)).StoreUnsafe(ref sum, (nuint)d);
                    (Vector256.LoadUnsafe(ref sum, (nuint)d + 4) + (high * high)).StoreUnsafe(ref sum, (nuint)d + 4);
                }
            }
        });
        for (int block = 0; block < blocks; block++)
        {
            sums.AsSpan(block * stride, delays).CopyTo(energies[(block * delays)..]);
        }
    }
}
