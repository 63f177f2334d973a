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

    public override void Standardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, double mean, double scale, DeviceBuffer<float> standardised)
    {
        CheckStandardise(values, order, count, standardised);
        float* from = CpuDevice.Pointer(values), to = CpuDevice.Pointer(standardised);
        int* indices = order is null ? null : CpuDevice.Pointer(order);
        device.For((count + TaskValues - 1) / TaskValues, task =>
        {
            int end = Math.Min(count, (task + 1) * TaskValues);
            for (int i = task * TaskValues; i < end; i++)
            {
                to[i] = (float)((from[indices is null ? i : indices[i]] - mean) / scale);
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
