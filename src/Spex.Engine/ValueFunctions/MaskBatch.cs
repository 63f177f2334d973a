using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>Some masks to evaluate, packed on a device.</summary>
/// <param name="Packed">Count × ⌈n/64⌉ words, laid out as in <see cref="MaskMatrix"/>; owned by the explainer.</param>
/// <param name="Count">Number of masks B.</param>
/// <param name="FeatureCount">Number of features n.</param>
/// <param name="FirstIndex">Index of the batch's first mask in the run, for messages and batch plans.</param>
public sealed record MaskBatch(DeviceBuffer<ulong> Packed, int Count, int FeatureCount, long FirstIndex)
{
    /// <summary>The design whose masks these are, one after another; null where they are picked from several places.</summary>
    public MaskDesign? Design { get; init; }

    /// <summary>Index in the design of the batch's first mask.</summary>
    public long DesignStart { get; init; }

    /// <summary>The device that holds the masks and takes the values.</summary>
    public Device Device => Packed.Device;

    /// <summary>The words of one mask, on a device whose memory the host can address.</summary>
    public ReadOnlySpan<ulong> Row(int row)
    {
        int words = MaskMatrix.WordsFor(FeatureCount);
        return Packed.Span.Slice(row * words, words);
    }
}
