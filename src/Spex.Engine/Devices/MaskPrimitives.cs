using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Engine.Devices;

/// <summary>Masks on a device: packed rows of a design, their expansion to 0/1 numbers, and their columns.</summary>
/// <remarks>Packed rows are laid out as in <see cref="MaskMatrix"/>: ⌈n/64⌉ words a mask, feature i at bit i mod 64 of word i div 64.</remarks>
public abstract class MaskPrimitives
{
    /// <summary>The bits of 1.0 as a bfloat16, which .NET has no type for: the upper half of a float's bits.</summary>
    public const ushort BFloat16One = 0x3F80;

    /// <summary>Writes masks [start, start + count) of the design, packed: count × ⌈n/64⌉ words.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The design has fewer masks.</exception>
    public abstract void Generate(MaskDesign design, long start, int count, DeviceBuffer<ulong> packed);

    /// <summary>Writes 1 where a feature is present and 0 elsewhere: count × n numbers, row after row.</summary>
    public abstract void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<float> dense);

    /// <summary>Writes bfloat16 numbers, <see cref="BFloat16One"/> where a feature is present and 0 elsewhere: count × n numbers, row after row.</summary>
    public abstract void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ushort> dense);

    /// <summary>Writes the byte 1 where a feature is present and 0 elsewhere, which is a boolean tensor too: count × n bytes, row after row.</summary>
    public abstract void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<byte> dense);

    /// <summary>
    /// Transposes packed masks into columns: feature i's column is ⌈count/64⌉ words, sample s at bit s mod 64 of word s div 64;
    /// n columns one after the other; bits beyond the last sample are zero.
    /// </summary>
    public abstract void Transpose(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ulong> columns);

    /// <summary>Gathers rows: packed row <paramref name="first"/> + i of the target becomes packed row rows[i] of the source.</summary>
    /// <param name="packed">Rows of ⌈n/64⌉ words.</param>
    /// <param name="rows">Numbers of rows of <paramref name="packed"/>. Read unchecked on some devices.</param>
    /// <param name="count">How many.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="selected">Takes first + count rows of as many words; another buffer than the source.</param>
    /// <param name="first">Row of the target that is written first.</param>
    public abstract void Select(DeviceBuffer<ulong> packed, DeviceBuffer<int> rows, int count, int featureCount, DeviceBuffer<ulong> selected, int first = 0);

    /// <summary>Checks what every device's form of <see cref="Select"/> is given.</summary>
    private protected static void CheckSelect(DeviceBuffer<ulong> packed, DeviceBuffer<int> rows, int count, int featureCount, DeviceBuffer<ulong> selected, int first)
    {
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(selected);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        rows.CheckHolds(count);
        selected.CheckHolds(((long)first + count) * MaskMatrix.WordsFor(featureCount));
        if (ReferenceEquals(packed, selected))
        {
            throw new ArgumentException("Rows are gathered into another buffer than their own.", nameof(selected));
        }
    }

    /// <summary>Checks what every device's generator is given.</summary>
    private protected static void CheckGenerate(MaskDesign design, long start, int count, DeviceBuffer<ulong> packed)
    {
        ArgumentNullException.ThrowIfNull(design);
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, design.Count - count);
        packed.CheckHolds((long)count * MaskMatrix.WordsFor(design.FeatureCount));
    }

    /// <summary>Checks what every device's expansion is given.</summary>
    private protected static void CheckExpand<T>(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<T> dense)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentNullException.ThrowIfNull(dense);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        packed.CheckHolds((long)count * MaskMatrix.WordsFor(featureCount));
        dense.CheckHolds((long)count * featureCount);
    }

    /// <summary>Checks what every device's transposition is given.</summary>
    private protected static void CheckTranspose(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ulong> columns)
    {
        ArgumentNullException.ThrowIfNull(packed);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        packed.CheckHolds((long)count * MaskMatrix.WordsFor(featureCount));
        columns.CheckHolds((long)featureCount * MaskMatrix.WordsFor(count));
    }
}
