using System.Runtime.InteropServices;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Native;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Devices;

/// <summary>Tensors as memory of a device: on ILGPU's CPU accelerator, whose memory is the host's, and on CUDA where it is.</summary>
public sealed class TorchMemoryTests
{
    [Fact]
    public void Kernels_write_masks_into_tensors_and_read_what_torch_computed_of_them()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(4);
        TorchMemory memory = TorchMemory.Attach(device, out string? whyNot)!;
        Assert.Null(whyNot);
        const int Count = 40, Features = 70;
        UniformDesign design = new(Features, 5, 6, 1000);
        using (DeviceBuffer<ulong> packed = device.Allocate<ulong>(Count * MaskMatrix.WordsFor(Features)))
        using (DeviceBuffer<float> dense = device.Allocate<float>(Count * Features))
        using (DeviceBuffer<ushort> half = device.Allocate<ushort>(Count * Features))
        using (DeviceBuffer<float> values = device.Allocate<float>(Count))
        {
            device.Masks.Generate(design, 3, Count, packed);
            device.Masks.Expand(packed, Count, Features, dense);
            device.Masks.Expand(packed, Count, Features, half);
            using (Tensor weights = arange(Features, ScalarType.Float32))
            using (Tensor masks = memory.TensorOf(dense).view(Count, Features))
            using (Tensor product = masks.matmul(weights))
            {
                memory.TensorOf(values).copy_(product);
                Assert.Equal(0, (memory.TensorOf(half).to(ScalarType.Float32) - memory.TensorOf(dense)).abs().sum().item<float>());
            }

            MaskMatrix expected = design.ToMatrix(3, Count);
            float[] read = new float[Count];
            values.CopyTo(read);
            Assert.Equal(Enumerable.Range(0, Count).Select(row => (float)Enumerable.Range(0, Features).Where(i => expected[row, i]).Sum()), read);

            // Back into a tensor: what the host or a kernel writes into the buffer is what torch reads.
            values.CopyFrom([4.5f], 7);
            Assert.Equal(4.5f, memory.TensorOf(values)[7].item<float>());
            values.Fill(0);
            Assert.Equal(0, memory.TensorOf(values).abs().sum().item<float>());
        }

        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void A_whole_explanation_runs_in_torchs_memory()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        TorchMemory memory = TorchMemory.Attach(device, out _)!;
        using Tensor weights = arange(20, ScalarType.Float32);
        Linear function = new(memory, weights);
        Explanation explanation = new Explainer(device).Explain(
            function, new ExplainerSettings { Method = "spex", Budget = 600, MaxDegree = 2 }, cancel: TestContext.Current.CancellationToken);
        Assert.True(explanation.Faithfulness.R2 > 0.9999);
        Assert.Equal(19, explanation.Interactions[new Spex.Core.Spectra.FeatureSet(19)], 1e-3);

        // Masks went from the kernel to torch and values from torch to the decoder: to the host came flags and, once, the values.
        Assert.Equal(0, device.Transfers.ToHost.GetValueOrDefault("UInt64").Bytes);
        Assert.InRange(device.Transfers.ToHost["Single"].Bytes, 4 * 600, (4 * 600) + 2000);
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void A_tensors_address_counts_its_offset_in()
    {
        TorchRuntime.EnsureLoaded();
        using Tensor whole = arange(10, ScalarType.Float32), part = whole[3..];
        Assert.Equal(12, TorchMemory.AddressOf(part) - TorchMemory.AddressOf(whole));
        Assert.Equal(3f, Marshal.PtrToStructure<float>(TorchMemory.AddressOf(part)));
    }

    [Fact]
    public void Too_much_memory_is_told_apart_and_a_foreign_buffer_is_no_tensor()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2), other = IlgpuDevice.OpenSimulator(2);
        TorchMemory memory = TorchMemory.Attach(device, out _)!;
        DeviceMemoryException error = Assert.Throws<DeviceMemoryException>(() => device.Allocate<long>(1L << 50));
        Assert.Contains("torch has no", error.Message, StringComparison.Ordinal);
        using DeviceBuffer<int> foreign = other.Allocate<int>(1);
        Assert.Throws<ArgumentException>(() => memory.TensorOf(foreign));
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void Where_libtorch_has_no_CUDA_one_line_says_so_and_the_device_keeps_its_own_memory()
    {
        TorchRuntime.EnsureLoaded();
        Assert.SkipWhen(cuda.is_available(), "There is CUDA here.");
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2, name: "cuda:0");
        Assert.Null(TorchMemory.Attach(device, out string? whyNot));
        Assert.Equal(
            $"Models and kernels share no memory on cuda:0: this libtorch has no CUDA ({TorchRuntime.Description}), so models run on the processor; SPEX_LIBTORCH names one that has.",
            whyNot);
        Assert.Null(TorchMemory.Of(device));
        using DeviceBuffer<int> own = device.Allocate<int>(1);
    }

    [Fact]
    public void On_cuda_models_and_kernels_share_memory()
    {
        TorchRuntime.EnsureLoaded();
        Assert.SkipUnless(cuda.is_available(), $"{TorchRuntime.Description} has no CUDA here.");
        using IlgpuDevice device = IlgpuDevice.OpenCuda(0);
        TorchMemory? memory = TorchMemory.Attach(device, out string? whyNot);
        Assert.Null(whyNot);
        using Tensor weights = arange(20, ScalarType.Float32, memory!.Device);
        Explanation explanation = new Explainer(device).Explain(
            new Linear(memory, weights), new ExplainerSettings { Method = "spex", Budget = 600, MaxDegree = 2 }, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(19, explanation.Interactions[new Spex.Core.Spectra.FeatureSet(19)], 1e-3);
    }

    /// <summary>Σ w_i over the features that are present, by torch, in place.</summary>
    private sealed class Linear(TorchMemory memory, Tensor weights) : IValueFunction
    {
        public int FeatureCount => (int)weights.shape[0];

        public string Fingerprint => "linear";

        public int PreferredBatchSize => 256;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
            using DeviceBuffer<float> dense = masks.Device.Allocate<float>((long)masks.Count * FeatureCount);
            masks.Device.Masks.Expand(masks.Packed, masks.Count, FeatureCount, dense);
            using Tensor sums = memory.TensorOf(dense).view(masks.Count, FeatureCount).matmul(weights);
            using Tensor target = memory.TensorOf(values)[..masks.Count];
            target.copy_(sums);
        }
    }
}
