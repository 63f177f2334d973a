using Spex.Core.Designs;

namespace Spex.Engine.Devices;

/// <summary>Masks on a device: packed rows of a design, their expansion to 0/1 numbers, and their columns.</summary>
/// <remarks>Packed rows are laid out as in <see cref="Core.Masks.MaskMatrix"/>: ⌈n/64⌉ words a mask, feature i at bit i mod 64 of word i div 64.</remarks>
public abstract class MaskPrimitives
{
    /// <summary>Writes masks [start, start + count) of the design, packed: count × ⌈n/64⌉ words.</summary>
    public abstract void Generate(MaskDesign design, long start, int count, DeviceBuffer<ulong> packed);

    /// <summary>Writes 1 where a feature is present and 0 elsewhere: count × n numbers, row after row.</summary>
    public abstract void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<float> dense);

    /// <summary>
    /// Transposes packed masks into columns: feature i's column is ⌈count/64⌉ words, sample s at bit s mod 64 of word s div 64;
    /// n columns one after the other; bits beyond the last sample are zero.
    /// </summary>
    public abstract void Transpose(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ulong> columns);
}
