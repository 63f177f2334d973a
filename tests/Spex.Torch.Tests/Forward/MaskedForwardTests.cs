using System.Numerics;
using System.Runtime.InteropServices;
using Spex.Core.Designs;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Native;

namespace Spex.Torch.Tests.Forward;

public sealed class MaskedForwardTests
{
    public MaskedForwardTests() => TorchRuntime.EnsureLoaded();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 1)]
    [InlineData(5, 3)]
    [InlineData(64, 2)]
    public void Masks_arrive_as_zeros_and_ones_in_order(int rows, int threads)
    {
        // The value is the mask read as a number.
        MaskedForward forward = new(11, rows, masks => masks.matmul(TorchSharp.torch.tensor([.. Enumerable.Range(0, 11).Select(i => (float)(1 << i))])));
        Assert.Equal((2047f, 0f), forward.Corners());
        float[] values = Evaluate(forward, 11, 300, threads);
        Assert.Equal(Enumerable.Range(0, 300).Select(mask => (float)mask), values);
    }

    [Fact]
    public void Masks_from_the_host_lie_where_torch_puts_its_tensors_for_the_same_last_bits_every_time()
    {
        List<long> places = [];
        MaskedForward forward = new(7, 5, masks =>
        {
            places.Add(TorchMemory.AddressOf(masks) % 64);
            return masks.sum(1);
        });
        Evaluate(forward, 7, 100);
        Assert.Equal(20, places.Count);
        Assert.All(places, place => Assert.Equal(0, place));
    }

    [Theory]
    [InlineData("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB")]
    public void Where_memory_ends_blocks_are_halved_from_then_on(string message)
    {
        List<long> asked = [];
        MaskedForward forward = new(4, 8, masks =>
        {
            asked.Add(masks.shape[0]);
            return masks.shape[0] > 2 ? throw new NativeError(message) : masks.sum(1);
        });
        Assert.Throws<DeviceMemoryException>(() => Evaluate(forward, 4, 16));
        Assert.Throws<DeviceMemoryException>(() => Evaluate(forward, 4, 8));
        Assert.Equal(16, Evaluate(forward, 4, 16).Length);
        Assert.Equal([8, 4, .. Enumerable.Repeat(2L, 8)], asked);
    }

    [Fact]
    public void So_it_is_in_torchs_memory_where_the_runner_tries_again()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        TorchMemory.Attach(device, out _);
        List<long> asked = [];
        MaskedForward forward = new(9, 8, masks =>
        {
            asked.Add(masks.shape[0]);
            return masks.shape[0] > 4 ? throw new NativeError("CUDA out of memory. Tried to allocate 2.00 GiB") : masks.sum(1);
        });
        using (AblationRunner runner = new(new Sums(forward), device, null, null, null))
        {
            UniformDesign design = new(9, 1, 2, 21);
            float[] values = runner.Run(design, 0, TestContext.Current.CancellationToken);
            Assert.Equal(Enumerable.Range(0, 21).Select(row => (float)BitOperations.PopCount(design.ToMatrix(row, 1).Words[0])), values);
        }

        Assert.Equal([8, .. Enumerable.Repeat(4L, 6)], asked);
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void Other_errors_are_not_taken_for_it()
    {
        MaskedForward forward = new(4, 8, _ => throw new NativeError("mat1 and mat2 shapes cannot be multiplied"));
        Assert.Throws<NativeError>(() => Evaluate(forward, 4, 16));
    }

    private static float[] Evaluate(MaskedForward forward, int features, int count, int threads = 1)
    {
        using CpuDevice device = new(threads);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(count);
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        for (int mask = 0; mask < count; mask++)
        {
            packed.Span[mask] = (ulong)mask & ((1UL << features) - 1);
        }

        forward.Evaluate(new MaskBatch(packed, count, features, 0), values, TestContext.Current.CancellationToken);
        return values.Span.ToArray();
    }

    private sealed class Sums(MaskedForward forward) : IValueFunction
    {
        public int FeatureCount => 9;

        public string Fingerprint => "sums";

        public int PreferredBatchSize => 16;

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => forward.Evaluate(masks, values, cancel);
    }

    /// <summary>As TorchSharp tells what libtorch threw.</summary>
    private sealed class NativeError(string message) : ExternalException(message);
}
