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
        device.For(bins.FunctionCount * bins.GroupCount * tasks, task =>
        {
            // Groups are numbered through all functions, as rows are.
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
        for (int layer = 0; layer < target.FunctionCount * target.LayerCount; layer++)
        {
            Buffer.MemoryCopy(from + (layer / target.LayerCount * length), to + (layer * length), length * sizeof(float), length * sizeof(float));
        }
    }

    public override void TotalEnergies(BinTable bins, ReadOnlySpan<int> functions, ReadOnlySpan<UInt128> delays, Span<double> energies)
    {
        CheckFunctions(bins, functions);
        int layers = bins.LayerCount;
        CheckLength(delays.Length, layers, nameof(delays));
        CheckLength(energies.Length, functions.Length * layers, nameof(energies));
        double[] sums = new double[functions.Length * layers];
        UInt128[] chosen = delays.ToArray();
        int[] of = functions.ToArray();
        device.For(sums.Length, item =>
        {
            (int k, int layer) = Math.DivRem(item, layers);
            BinColumns columns = new(bins, (of[k] * layers) + layer);
            int[] lanes = BinColumns.LanesOf(bins, chosen[layer]);
            double sum = 0;
            for (int bin = 0; bin < columns.BinCount; bin++)
            {
                sum += columns.Energy(bin, lanes);
            }

            sums[item] = sum;
        });
        sums.CopyTo(energies);
    }

    public override void BlockEnergies(BinTable bins, Span<double> energies)
    {
        ArgumentNullException.ThrowIfNull(bins);
        int delays = bins.Delays, stride = bins.Stride, blocks = bins.FunctionCount * bins.LayerCount * bins.GroupCount;
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

    public override void BlockMeans(BinTable bins, Span<float> means)
    {
        CheckOneLayer(bins);
        int delays = bins.Delays;
        CheckLength(means.Length, bins.FunctionCount * bins.GroupCount * delays, nameof(means));
        for (int block = 0; block < bins.FunctionCount * bins.GroupCount; block++)
        {
            new ReadOnlySpan<float>(new BinColumns(bins).Column(block << bins.Log2Bins), delays).CopyTo(means[(block * delays)..]);
        }
    }
}
