using System.Runtime.InteropServices;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Forward;

/// <summary>Runs a model on masks in blocks of one size: what a mask's value is does not depend on the masks that it is evaluated with, nor on threads.</summary>
/// <remarks>
/// Every block has <see cref="Rows"/> masks, the last one filled up with empty masks, so that the model's matrix products always have the same shape and therefore
/// the same last bits. A model that runs out of memory is asked for smaller blocks from then on.
/// <para>
/// Where torch owns the memory of the masks' device (<see cref="TorchMemory"/>), the device writes the masks that the model reads, the model's values stay there, and nothing waits. Else masks go by way of
/// the host and values come back, and on the processor blocks run beside each other on the device's threads.
/// </para>
/// </remarks>
internal sealed class MaskedForward
{
    private readonly int _featureCount;
    private readonly Func<Tensor, Tensor> _forward;
    private readonly torch.Device _device;
    private int _rows;

    /// <summary>Makes the runner.</summary>
    /// <param name="featureCount">n.</param>
    /// <param name="rows">Masks in a block, 1 or more.</param>
    /// <param name="forward">From masks, rows × n float32 of 0 and 1 (1 = present), to as many float32 values. Called on several threads at once.</param>
    /// <param name="device">Where the model runs, and so where it gets its masks; null for the processor.</param>
    public MaskedForward(int featureCount, int rows, Func<Tensor, Tensor> forward, torch.Device? device = null)
    {
        _featureCount = featureCount;
        _rows = rows;
        _forward = forward;
        _device = device ?? CPU;
    }

    /// <summary>Masks in a block.</summary>
    public int Rows => _rows;

    /// <summary>Evaluates a batch; the values go to the masks' device.</summary>
    /// <exception cref="DeviceMemoryException">There is no memory for a block; the next call takes smaller ones.</exception>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        Check(masks, values, _featureCount);
        if (TorchMemory.Of(masks.Device) is { } memory)
        {
            EvaluateInPlace(masks, values, memory, cancel);
            return;
        }

        ulong[] packed = new ulong[masks.Count * MaskMatrix.WordsFor(_featureCount)];
        masks.Packed.CopyTo(packed);
        values.CopyFrom(Evaluate(new MaskMatrix(masks.Count, _featureCount, packed), masks.Device is CpuDevice cpu ? cpu.Threads : 1, cancel));
    }

    /// <summary>Checks what a value function is to evaluate.</summary>
    /// <exception cref="ArgumentException">The masks have another number of features than the function, or there is no room for their values.</exception>
    public static void Check(MaskBatch masks, DeviceBuffer<float> values, int featureCount)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(values);
        if (masks.FeatureCount != featureCount)
        {
            throw new ArgumentException($"The masks have {masks.FeatureCount} features; the value function has {featureCount}.", nameof(masks));
        }

        if (values.Length < masks.Count)
        {
            throw new ArgumentException($"{masks.Count} masks give as many values; there is room for {values.Length}.", nameof(values));
        }
    }

    /// <summary>The value of the mask with all features, and of the mask without any.</summary>
    public (float Full, float Empty) Corners()
    {
        MaskMatrix corners = new(2, _featureCount);
        corners.Row(0).Fill(ulong.MaxValue);
        corners.Row(0)[^1] = MaskMatrix.LastWordMask(_featureCount);
        float[] values = Evaluate(corners, 1, CancellationToken.None);
        return (values[0], values[1]);
    }

    private void EvaluateInPlace(MaskBatch masks, DeviceBuffer<float> values, TorchMemory memory, CancellationToken cancel)
    {
        int rows = _rows, blocks = (masks.Count + rows - 1) / rows;
        using DeviceBuffer<float> dense = memory.Expand(masks, (long)blocks * rows);
        for (int block = 0; block < blocks; block++)
        {
            cancel.ThrowIfCancellationRequested();
            int first = block * rows, count = Math.Min(rows, masks.Count - first);
            EvaluateBlock(
                rows,
                () => memory.TensorOf(dense).view((long)blocks * rows, _featureCount).narrow(0, first, rows),
                found => memory.TensorOf(values).narrow(0, first, count).copy_(found.narrow(0, 0, count)));
        }
    }

    private float[] Evaluate(MaskMatrix masks, int threads, CancellationToken cancel)
    {
        float[] values = new float[masks.RowCount];
        int rows = _rows, blocks = (masks.RowCount + rows - 1) / rows;
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        try
        {
            if (threads == 1 || blocks == 1)
            {
                for (int block = 0; block < blocks; block++)
                {
                    cancel.ThrowIfCancellationRequested();
                    EvaluateBlock(masks, block * rows, rows, values);
                }
            }
            else
            {
                Parallel.For(0, blocks, options, block => EvaluateBlock(masks, block * rows, rows, values));
            }
        }
        catch (AggregateException error) when (error.InnerExceptions.OfType<DeviceMemoryException>().FirstOrDefault() is { } memory)
        {
            throw new DeviceMemoryException(memory.Message, error);
        }
        catch (AggregateException error) when (error.InnerExceptions.OfType<SpexException>().FirstOrDefault() is { } known)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(known);
        }

        return values;
    }

    private void EvaluateBlock(MaskMatrix masks, int first, int rows, float[] values)
    {
        int count = Math.Min(rows, masks.RowCount - first);
        Tensor Masks()
        {
            // In memory that torch allocated: its alignment is part of the values' last bits.
            Tensor made = zeros(rows, _featureCount);
            Span<float> bits = MemoryMarshal.Cast<byte, float>(made.bytes);
            for (int row = 0; row < count; row++)
            {
                ReadOnlySpan<ulong> mask = masks.Row(first + row);
                Span<float> target = bits.Slice(row * _featureCount, _featureCount);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (mask[i >> 6] >> (i & 63)) & 1;
                }
            }

            return made;
        }

        EvaluateBlock(
            rows,
            Masks,
            found => MemoryMarshal.Cast<byte, float>(found.cpu().contiguous().bytes)[..count].CopyTo(values.AsSpan(first)));
    }

    /// <summary>Runs the model on a block: masks that are made, and values that are taken, in the scope of one pass.</summary>
    private void EvaluateBlock(int rows, Func<Tensor> masks, Action<Tensor> take)
    {
        TorchRuntime.PrepareThread();
        try
        {
            using (no_grad())
            using (NewDisposeScope())
            {
                take(_forward(masks().to(_device)));
            }
        }
        catch (ExternalException error) when (MemoryErrors.IsOutOfMemory(error))
        {
            // Several blocks that fail at once ask for one halving.
            Interlocked.CompareExchange(ref _rows, Math.Max(1, rows / 2), rows);
            throw new DeviceMemoryException($"There is no memory to run the model on {rows} masks at once.", error);
        }
    }
}
