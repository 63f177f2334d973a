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
        _tensorText ??= new TensorText(Masked, Skipped, Padding, Windows, Model.Device);
        Tensor held = _tensorText.Held(memory.TensorOf(dense).view(masks.Count, FeatureCount).to(Model.Device)), target = memory.TensorOf(values);
        foreach ((Tensor rows, int size) in InPlaceBlocks(held))
        {
            cancel.ThrowIfCancellationRequested();
            RunBlock((int)rows.shape[0], () =>
            {
                Tensor block = held.index_select(0, rows);
                Tensor outputs = Windows is null
                    ? Run(_tensorText.Rows(block, size, isPadded: !Masked.KeepsLength && size > ExactLength), usePrefix: true)
                    : Run(_tensorText.Windows(block, size), usePrefix: true).view(rows.shape[0], size, OutputCount).mean([1L]);
                target.index_copy_(0, rows.to(target.device), ValuesOf(outputs).to(target.device));
            });
        }
    }

    /// <summary>Numbers of the rows of a block and their size: the length that they get, or how many windows they have. The largest first; of each size the host reads how many rows have it.</summary>
    private IEnumerable<(Tensor Rows, int Size)> InPlaceBlocks(Tensor held)
    {
        int count = (int)held.shape[0];
        Tensor sizes = SizesOf(_tensorText!.Lengths(held).view(-1)).clamp(min: TensorArithmetic.Number(1L));
        long[] histogram = sizes.bincount(null, 1).cpu().data<long>().ToArray();

        // No two keys are the same, so the order is the same every time.
        Tensor order = sizes.mul(TensorArithmetic.Number((long)count)).Plus(TensorArithmetic.Range(0, count, held.device)).argsort(0, descending: true);
        int first = 0;
        for (int size = histogram.Length - 1; size > 0; size--)
        {
            int most = Windows is { } windows ? Math.Max(1, RowsFor(windows.Length, 1, _freeBytes!.Value) / size) : RowsFor(size, 1, _freeBytes!.Value);
            for (int end = first + (int)histogram[size]; first < end;)
            {
                int block = Math.Min(end - first, most);
                yield return (order.narrow(0, first, block), size);
                first += block;
            }
        }
    }

    /// <summary>As <see cref="LengthClass"/>, but never longer than the longest row; or how many windows take so many tokens.</summary>
    private Tensor SizesOf(Tensor lengths)
    {
        int step = Windows?.Size ?? LengthStep;
        Scalar by = TensorArithmetic.Number((long)step);
        Tensor steps = lengths.Plus(step - 1L).div(by, RoundingMode.floor);
        return Windows is not null ? steps : where(lengths.le(TensorArithmetic.Number((long)ExactLength)), lengths, steps.mul(by).clamp(max: TensorArithmetic.Number((long)Masked.LongestRow - Skipped)));
    }
}
