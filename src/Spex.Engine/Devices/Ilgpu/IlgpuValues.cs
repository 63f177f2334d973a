using ILGPU;
using ILGPU.Runtime;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Values on an accelerator.</summary>
internal sealed class IlgpuValues(IlgpuDevice device) : ValuePrimitives, IDisposable
{
    private readonly IlgpuScratch<int> _first = new(device);
    private readonly IlgpuScratch<ValueScale> _scales = new(device);
    private Action<KernelConfig, ArrayView<float>, int, ArrayView<int>>? _firstNotFinite;
    private Action<KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<Standardised>, ArrayView<float>, int>? _standardiseInOrder;
    private Action<KernelConfig, ArrayView<float>, ArrayView<Standardised>, ArrayView<float>, int>? _standardise;
    private Action<KernelConfig, ArrayView<float>, ArrayView<double>, long>? _widen;

    public override int FirstNotFinite(DeviceBuffer<float> values, int count)
    {
        CheckFirstNotFinite(values, count);
        if (count == 0)
        {
            return -1;
        }

        _firstNotFinite ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<int>>(ValueKernels.FirstNotFinite, device.UpTo(IlgpuDevice.SpreadThreads));
        ArrayView<int> first = _first.Take(1);
        _firstNotFinite(device.Tiles(1, IlgpuDevice.SpreadThreads), device.View(values), count, first);
        Span<int> found = stackalloc int[1];
        device.CopyToHost(found, 0, first, "flag");
        return found[0] < count ? found[0] : -1;
    }

    public override void Standardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, ReadOnlySpan<ValueScale> functions, DeviceBuffer<float> standardised)
    {
        CheckStandardise(values, order, count, functions, standardised);
        long results = (long)functions.Length * count;
        if (results == 0)
        {
            return;
        }

        ArrayView<Standardised> scales = _scales.Hold(functions).Cast<Standardised>();
        if (order is null)
        {
            _standardise ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<Standardised>, ArrayView<float>, int>(ValueKernels.Standardise, device.UpTo(IlgpuDevice.SpreadThreads));
            _standardise(device.Spread(results), device.View(values), scales, device.View(standardised), count);
            return;
        }

        _standardiseInOrder ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<int>, ArrayView<Standardised>, ArrayView<float>, int>(
            ValueKernels.StandardiseInOrder, device.UpTo(IlgpuDevice.SpreadThreads));
        _standardiseInOrder(device.Spread(results), device.View(values), device.View(order), scales, device.View(standardised), count);
    }

    public override void Widen(DeviceBuffer<float> values, int count, DeviceBuffer<double> wide)
    {
        CheckWiden(values, count, wide);
        if (count > 0)
        {
            _widen ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, long>(ValueKernels.Widen, device.UpTo(IlgpuDevice.SpreadThreads));
            _widen(device.Spread(count), device.View(values), device.View(wide), count);
        }
    }

    public void Dispose()
    {
        _first.Dispose();
        _scales.Dispose();
    }
}
