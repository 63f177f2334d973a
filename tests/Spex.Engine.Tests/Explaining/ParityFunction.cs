using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

/// <summary>A function that an accelerator evaluates where the masks are: 1.25·χ{0} − 2.5·χ{1, 3} + 0.7·χ{2, 4, 5}, and a small term of the first 64 features.</summary>
internal sealed class ParityFunction(int featureCount) : IReplicableValueFunction
{
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<float>, int, int>? _kernel;

    public int FeatureCount { get; } = featureCount;

    public string Fingerprint => $"parity:{FeatureCount}";

    public int PreferredBatchSize { get; init; } = 512;

    /// <summary>The most masks that there is memory for.</summary>
    public int MostInABatch { get; init; } = int.MaxValue;

    /// <summary>Masks of each batch, by their first index.</summary>
    public List<(long First, int Count)> Log { get; } = [];

    /// <summary>The copies that were made.</summary>
    public List<ParityFunction> Replicas { get; } = [];

    /// <summary>The first of the masks, in the order in which they are evaluated, whose value is no number.</summary>
    public int SpoilFrom { get; init; } = int.MaxValue;

    /// <summary>Batches so far.</summary>
    public int Batches { get; private set; }

    /// <summary>Masks so far.</summary>
    public int Evaluated { get; private set; }

    public IValueFunction ReplicateFor(Spex.Engine.Devices.Device device)
    {
        Replicas.Add(new ParityFunction(FeatureCount) { PreferredBatchSize = PreferredBatchSize, MostInABatch = MostInABatch });
        return Replicas[^1];
    }

    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        if (masks.Count > MostInABatch)
        {
#pragma warning disable CA2201 // What TorchSharp throws.
            throw new System.Runtime.InteropServices.ExternalException("CUDA out of memory. Tried to allocate more than there is.");
#pragma warning restore CA2201
        }

        Batches++;
        Log.Add((masks.FirstIndex, masks.Count));
        int good = Math.Clamp(SpoilFrom - Evaluated, 0, masks.Count);
        Evaluated += masks.Count;
        if (masks.Device is not IlgpuDevice device)
        {
            for (int row = 0; row < masks.Count; row++)
            {
                values.Span[row] = ValueOf(masks.Packed.Span[row * MaskMatrix.WordsFor(FeatureCount)]);
            }

            return;
        }

        _kernel ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<float>, int, int>(Kernel);
        _kernel(device.Spread(masks.Count), device.View(masks.Packed), device.View(values), MaskMatrix.WordsFor(FeatureCount), good);
    }

    private static void Kernel(ArrayView<ulong> packed, ArrayView<float> values, int words, int count)
    {
        for (int row = (Grid.IdxX * Group.DimX) + Group.IdxX; row < count; row += Grid.DimX * Group.DimX)
        {
            values[row] = ValueOf(packed[(long)row * words]);
        }
    }

    /// <summary>The value of a mask, which depends on its first word alone.</summary>
    public static float ValueOf(ulong mask)
    {
        float first = Sign(mask), pair = Sign((mask >> 1) ^ (mask >> 3)), triple = Sign((mask >> 2) ^ (mask >> 4) ^ (mask >> 5));
        float rest = (float)((mask * 0x9E3779B97F4A7C15) >> 60) / 1600;
        return 0.3f + (1.25f * first) - (2.5f * pair) + (0.7f * triple) + rest;
    }

    private static float Sign(ulong bit) => 1 - (2 * (int)(bit & 1));
}
