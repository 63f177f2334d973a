using System.Runtime.InteropServices;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Devices;
using Spex.Torch.Forward;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <content>Masks and values that stay on a device whose memory is torch's.</content>
public abstract partial class TextValueFunction
{
    private long? _freeBytes;
    private TensorText? _tensorText;

    private void EvaluateInPlace(MaskBatch masks, DeviceBuffer<float> values, TorchMemory memory, CancellationToken cancel)
    {
        try
        {
            EvaluateBlocks(masks, values, memory, cancel);
        }
        catch (ExternalException error) when (MemoryErrors.IsOutOfMemory(error))
        {
            throw new DeviceMemoryException($"There is no memory to put {masks.Count} texts together.", error);
        }
    }

    private void EvaluateBlocks(MaskBatch masks, DeviceBuffer<float> values, TorchMemory memory, CancellationToken cancel)
    {
        using var _ = no_grad();
        using DeviceBuffer<float> dense = memory.Expand(masks, masks.Count);
        using DisposeScope scope = NewDisposeScope();

        // As it was first: what torch keeps for the next block counts as taken later on.
        _freeBytes ??= masks.Device.FreeBytes;
        _tensorText ??= new TensorText(Masked, Skipped, Padding, Model.Device);
        Tensor held = _tensorText.Held(memory.TensorOf(dense).view(masks.Count, FeatureCount).to(Model.Device)), target = memory.TensorOf(values);
        foreach ((Tensor rows, int length) in InPlaceBlocks(held))
        {
            cancel.ThrowIfCancellationRequested();
            RunBlock((int)rows.shape[0], () =>
            {
                TextBlock block = _tensorText.Rows(held.index_select(0, rows), length, isPadded: !Masked.KeepsLength && length > ExactLength);
                target.index_copy_(0, rows.to(target.device), ValuesOf(Run(block, usePrefix: true)).to(target.device));
            });
        }
    }

    /// <summary>Numbers of the rows of a block and the length that they get, the longest first; as <see cref="Blocks"/>, but rows of one class get the class's length.</summary>
    private IEnumerable<(Tensor Rows, int Length)> InPlaceBlocks(Tensor held)
    {
        int count = (int)held.shape[0], longest = Math.Max(1, Masked.LongestRow - Skipped);
        Tensor order = TensorArithmetic.Range(0, count, held.device);
        (int Length, int Rows)[] classes = [(longest, count)];
        if (!Masked.KeepsLength)
        {
            Tensor lengths = TensorText.Lengths(held).view(-1);
            Scalar step = TensorArithmetic.Number((long)LengthStep);
            Tensor rounded = lengths.Plus(LengthStep - 1L).div(step, RoundingMode.floor).mul(step).clamp(max: TensorArithmetic.Number((long)longest));
            Tensor lengthClass = where(lengths.le(TensorArithmetic.Number((long)ExactLength)), lengths, rounded);
            long[] histogram = lengthClass.bincount(null, longest + 1L).cpu().data<long>().ToArray();
            classes = [.. histogram.Select((rows, length) => (length, (int)rows)).Where(one => one.Item2 > 0).Reverse()];

            // No two keys are the same, so the order is the same every time.
            order = lengthClass.mul(TensorArithmetic.Number((long)count)).Plus(order).argsort(0, descending: true);
        }

        int first = 0;
        foreach ((int length, int rows) in classes)
        {
            for (int end = first + rows; first < end;)
            {
                int block = Math.Min(end - first, RowsFor(length, 1, _freeBytes!.Value));
                yield return (order.narrow(0, first, block), length);
                first += block;
            }
        }
    }
}
