namespace Spex.Engine.Devices.Cpu;

/// <summary>Values on the host.</summary>
internal sealed unsafe class CpuValues(CpuDevice device) : ValuePrimitives
{
    private const int TaskValues = 1 << 14;

    public override int FirstNotFinite(DeviceBuffer<float> values, int count)
    {
        CheckFirstNotFinite(values, count);
        return new ReadOnlySpan<float>(CpuDevice.Pointer(values), count).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
    }

    public override void Standardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, ReadOnlySpan<ValueScale> functions, DeviceBuffer<float> standardised)
    {
        CheckStandardise(values, order, count, functions, standardised);
        float* from = CpuDevice.Pointer(values), to = CpuDevice.Pointer(standardised);
        int* indices = order is null ? null : CpuDevice.Pointer(order);
        ValueScale[] scales = functions.ToArray();
        int tasks = (count + TaskValues - 1) / TaskValues;
        device.For(scales.Length * tasks, item =>
        {
            (int function, int task) = Math.DivRem(item, tasks);
            (long start, double mean, double scale) = scales[function];
            float* own = from + start, result = to + ((long)function * count);
            int end = Math.Min(count, (task + 1) * TaskValues);
            for (int i = task * TaskValues; i < end; i++)
            {
                result[i] = (float)((own[indices is null ? i : indices[i]] - mean) / scale);
            }
        });
    }

    public override void Widen(DeviceBuffer<float> values, int count, DeviceBuffer<double> wide)
    {
        CheckWiden(values, count, wide);
        float* from = CpuDevice.Pointer(values);
        double* to = CpuDevice.Pointer(wide);
        for (int i = 0; i < count; i++)
        {
            to[i] = from[i];
        }
    }
}
