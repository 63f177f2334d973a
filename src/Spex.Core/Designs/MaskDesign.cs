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

    /// <summary>
    /// Writes masks [start, start + count), row after row. What devices on the host call: a design that can do better than one mask
    /// after the other overrides it, with the bits of <see cref="WriteMask"/>.
    /// </summary>
    /// <param name="start">Index of the first mask.</param>
    /// <param name="count">Number of masks; start + count is at most <see cref="Count"/>.</param>
    /// <param name="masks">At least count × ⌈n/64⌉ words.</param>
    public virtual void WriteMasks(long start, int count, Span<ulong> masks)
    {
        CheckRange(start, count);
        int words = MaskMatrix.WordsFor(FeatureCount);
        for (int row = 0; row < count; row++)
        {
            WriteMask(start + row, masks.Slice(row * words, words));
        }
    }

    /// <summary>Writes masks [start, start + rows) as a matrix; the scalar reference of every device's generator.</summary>
    public MaskMatrix ToMatrix(long start, int count)
    {
        CheckRange(start, count);
        MaskMatrix masks = new(count, FeatureCount);
        for (int row = 0; row < count; row++)
        {
            WriteMask(start + row, masks.Row(row));
        }

        return masks;
    }

    /// <summary>Checks that masks [start, start + count) are masks of the design.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They are not.</exception>
    protected void CheckRange(long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Count);
    }
}
