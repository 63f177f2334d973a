using Spex.Core.Masks;

namespace Spex.Core.Designs;

/// <summary>Masks that somebody else chose, row by row: those of a file, or what a design left to evaluate.</summary>
public sealed class StoredDesign : MaskDesign
{
    /// <summary>Wraps the masks; the matrix is kept, not copied.</summary>
    /// <exception cref="SpexInputException">A mask appears twice, or a row has bits beyond feature n−1.</exception>
    public StoredDesign(MaskMatrix masks)
        : base(masks?.FeatureCount ?? throw new ArgumentNullException(nameof(masks)), masks.RowCount)
    {
        MaskLookup seen = new(masks.FeatureCount, masks.RowCount);
        ulong beyond = ~MaskMatrix.LastWordMask(masks.FeatureCount);
        for (int row = 0; row < masks.RowCount; row++)
        {
            ReadOnlySpan<ulong> mask = masks.Row(row);
            if (mask.Length > 0 && (mask[^1] & beyond) != 0)
            {
                throw new SpexInputException(
                    $"Mask {row} has bits set beyond its {masks.FeatureCount} features; those bits must be 0. Was the feature count given right?");
            }

            int first = seen.Add(mask, out bool added);
            if (!added)
            {
                throw new SpexInputException(
                    $"Masks {first} and {row} are the same; the masks of a design are distinct, so that no ablation is paid twice. Leave one of them out.");
            }
        }

        Masks = masks;
    }

    /// <summary>The masks.</summary>
    public MaskMatrix Masks { get; }

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask) => Masks.Row(checked((int)index)).CopyTo(mask);

    /// <inheritdoc/>
    public override void WriteMasks(long start, int count, Span<ulong> masks)
    {
        CheckRange(start, count);
        int words = Masks.WordsPerRow;
        Masks.Words.AsSpan((int)start * words, count * words).CopyTo(masks);
    }
}
