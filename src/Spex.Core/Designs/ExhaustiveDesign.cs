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

    private static long CountFor(int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(featureCount, FeatureLimit);
        return 1L << featureCount;
    }
}
