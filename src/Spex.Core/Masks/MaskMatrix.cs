using System.Numerics;

namespace Spex.Core.Masks;

/// <summary>Masks as rows of bits, 64 features a word: bit i of a row is 1 when feature i is present.</summary>
/// <remarks>
/// Row r occupies words [r·W, (r+1)·W) with W = ⌈n/64⌉; feature i is bit i mod 64 of word i div 64. The bits beyond
/// feature n−1 in a row's last word are zero, always: popcounts, comparisons and hashes rely on it.
/// </remarks>
public sealed partial class MaskMatrix
{
    /// <summary>The most features a mask may have.</summary>
    public const int MaxFeatureCount = 1 << 20;

    /// <summary>Makes a matrix of empty masks.</summary>
    /// <param name="rowCount">Number of masks, 0 or more.</param>
    /// <param name="featureCount">Number of features n, 0 to <see cref="MaxFeatureCount"/>.</param>
    public MaskMatrix(int rowCount, int featureCount)
        : this(rowCount, featureCount, new ulong[WordCount(rowCount, featureCount)])
    {
    }

    /// <summary>Wraps words that are already laid out as the remarks say; the array is kept, not copied.</summary>
    /// <exception cref="ArgumentException">The array has not exactly rowCount × ⌈n/64⌉ words.</exception>
    public MaskMatrix(int rowCount, int featureCount, ulong[] words)
    {
        ArgumentNullException.ThrowIfNull(words);
        long expected = WordCount(rowCount, featureCount);
        if (words.LongLength != expected)
        {
            throw new ArgumentException($"{rowCount} masks of {featureCount} features take {expected} words; {words.LongLength} were given.", nameof(words));
        }

        RowCount = rowCount;
        FeatureCount = featureCount;
        WordsPerRow = WordsFor(featureCount);
        Words = words;
    }

    /// <summary>Number of masks.</summary>
    public int RowCount { get; }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>Words a row occupies: ⌈n/64⌉.</summary>
    public int WordsPerRow { get; }

    /// <summary>All words, row after row.</summary>
    public ulong[] Words { get; }

    /// <summary>Whether a feature is present in a mask.</summary>
    public bool this[int row, int feature]
    {
        get
        {
            Check(row, feature);
            return ((Words[((long)row * WordsPerRow) + (feature >> 6)] >> (feature & 63)) & 1) != 0;
        }

        set
        {
            Check(row, feature);
            ref ulong word = ref Words[((long)row * WordsPerRow) + (feature >> 6)];
            ulong bit = 1UL << (feature & 63);
            word = value ? word | bit : word & ~bit;
        }
    }

    /// <summary>Words that a mask of <paramref name="featureCount"/> features takes.</summary>
    public static int WordsFor(int featureCount) => (featureCount + 63) >> 6;

    /// <summary>The bits that may be set in the last word of a mask of <paramref name="featureCount"/> features.</summary>
    public static ulong LastWordMask(int featureCount) => (featureCount & 63) == 0 ? ulong.MaxValue : (1UL << (featureCount & 63)) - 1;

    /// <summary>The words of one mask.</summary>
    public Span<ulong> Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, RowCount);
        return Words.AsSpan(checked(row * WordsPerRow), WordsPerRow);
    }

    /// <summary>How many features are present in a mask.</summary>
    public int CountPresent(int row)
    {
        int count = 0;
        foreach (ulong word in Row(row))
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    private static long WordCount(int rowCount, int featureCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        return (long)rowCount * WordsFor(featureCount);
    }

    private void Check(int row, int feature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, RowCount);
        ArgumentOutOfRangeException.ThrowIfNegative(feature);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(feature, FeatureCount);
    }
}
