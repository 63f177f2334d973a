namespace Spex.Engine.Devices.Cpu;

/// <summary>Walsh-Hadamard transforms on the host.</summary>
internal sealed class CpuHadamard(CpuDevice device) : HadamardPrimitives
{
    public override void Transform(DeviceBuffer<float> rows, int rowCount, int log2Length, float scale)
    {
        int length = 1 << log2Length;
        device.For(rowCount, row =>
        {
            Span<float> x = rows.Span.Slice(row * length, length);
            for (int stride = 1; stride < length; stride *= 2)
            {
                for (int start = 0; start < length; start += 2 * stride)
                {
                    for (int i = start; i < start + stride; i++)
                    {
                        (x[i], x[i + stride]) = (x[i] + x[i + stride], x[i] - x[i + stride]);
                    }
                }
            }

            for (int i = 0; i < length; i++)
            {
                x[i] *= scale;
            }
        });
    }
}
