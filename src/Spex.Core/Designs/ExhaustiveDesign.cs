using System.Runtime.Intrinsics;

namespace Spex.Core.Designs;

/// <summary>All 2^n masks, for functions small enough to enumerate: mask k has the bits of k.</summary>
public sealed class ExhaustiveDesign : MaskDesign
{
    /// <summary>The most features whose masks can be enumerated.</summary>
    public const int FeatureLimit = 30;

    /// <summary>Makes the design of 2^n masks.</summary>
    /// <param name="featureCount">Number of features n, 0 to <see cref="FeatureLimit"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">n is negative or above <see cref="FeatureLimit"/>.</exception>
    public ExhaustiveDesign(int featureCount)
        : base(featureCount, CountFor(featureCount))
    {
    }

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (FeatureCount > 0)
        {
            mask[0] = (ulong)index;
        }
    }

    /// <inheritdoc/>
    public override void WriteMasks(long start, int count, Span<ulong> masks)
    {
        CheckRange(start, count);
        if (FeatureCount == 0)
        {
            return;
        }

        Vector256<ulong> next = Vector256.Create((ulong)start) + Vector256.Create(0UL, 1, 2, 3);
        int row = 0;
        for (; row <= count - 4; row += 4, next += Vector256.Create(4UL))
        {
            next.CopyTo(masks[row..]);
        }

        for (; row < count; row++)
        {
            masks[row] = (ulong)(start + row);
        }
    }

    private static long CountFor(int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(featureCount, FeatureLimit);
        return 1L << featureCount;
    }
}
