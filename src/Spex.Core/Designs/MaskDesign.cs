using Spex.Core.Masks;

namespace Spex.Core.Designs;

/// <summary>The rule that says which masks to evaluate: the design and an index give a mask, so masks need no storing.</summary>
/// <remarks>All masks of a design are distinct: nobody pays twice for one mask.</remarks>
public abstract class MaskDesign
{
    /// <summary>Makes the part that all designs share.</summary>
    protected MaskDesign(int featureCount, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(featureCount, MaskMatrix.MaxFeatureCount);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        FeatureCount = featureCount;
        Count = count;
    }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>Number of masks.</summary>
    public long Count { get; }

    /// <summary>Writes mask number <paramref name="index"/> (0 … Count−1) into ⌈n/64⌉ words laid out as a <see cref="MaskMatrix"/> row.</summary>
    public abstract void WriteMask(long index, Span<ulong> mask);

    /// <summary>Writes masks [start, start + rows) as a matrix; the scalar reference of every device's generator.</summary>
    public MaskMatrix ToMatrix(long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count);
        MaskMatrix masks = new(count, FeatureCount);
        for (int row = 0; row < count; row++)
        {
            WriteMask(start + row, masks.Row(row));
        }

        return masks;
    }
}
