using CsCheck;
using Spex.Core.Masks;
using Spex.Core.Tests.Spectra;

namespace Spex.Core.Tests.Masks;

public class MaskMatrixTests
{
    [Fact]
    public void Bits_are_where_they_were_put() =>
        (from featureCount in Gen.OneOf(Gen.Int[1, 200], Gen.Int[1, 65_536])
         from rows in Gen.Int[1, 5]
         from places in Gen.Select(Gen.Int[0, rows - 1], Gen.Int[0, featureCount - 1]).Array[0, 50]
         select (rows, featureCount, places: places.ToHashSet())).Sample(
            sample =>
            {
                (int rows, int featureCount, HashSet<(int, int)> places) = sample;
                MaskMatrix masks = new(rows, featureCount);
                foreach ((int row, int feature) in places)
                {
                    masks[row, feature] = true;
                }

                Assert.All(places, place => Assert.True(masks[place.Item1, place.Item2]));
                Assert.Equal(places.Count, Enumerable.Range(0, rows).Sum(masks.CountPresent));
                foreach ((int row, int feature) in places)
                {
                    masks[row, feature] = false;
                }

                Assert.DoesNotContain(masks.Words, word => word != 0);
            },
            iter: 300);

    [Fact]
    public void A_transpose_has_rows_and_columns_exchanged() =>
        (from featureCount in Gen.Int[0, 300] from rows in Gen.Int[0, 300] from masks in Generate.Masks(rows, featureCount) select masks).Sample(
            masks =>
            {
                MaskMatrix columns = masks.Transpose();
                Assert.Equal((masks.FeatureCount, masks.RowCount), (columns.RowCount, columns.FeatureCount));
                for (int row = 0; row < masks.RowCount; row++)
                {
                    for (int feature = 0; feature < masks.FeatureCount; feature++)
                    {
                        Assert.Equal(masks[row, feature], columns[feature, row]);
                    }
                }
            },
            iter: 30);

    [Fact]
    public void Transposing_twice_changes_nothing_and_leaves_no_bit_outside() =>
        (from featureCount in Gen.Int[1, 65_536] from rows in Gen.Int[1, 130] from masks in Generate.Masks(rows, featureCount) select masks).Sample(
            masks =>
            {
                MaskMatrix columns = masks.Transpose();
                Assert.All(Enumerable.Range(0, columns.RowCount), row => Assert.Equal(0UL, columns.Row(row)[^1] & ~MaskMatrix.LastWordMask(columns.FeatureCount)));
                Assert.Equal(masks.Words, columns.Transpose().Words);
            },
            iter: 20);

    [Fact]
    public void Wrong_sizes_and_places_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new MaskMatrix(3, 65, new ulong[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MaskMatrix(-1, 3));
        MaskMatrix masks = new(2, 65);
        Assert.Throws<ArgumentOutOfRangeException>(() => masks[0, 65]);
        Assert.Throws<ArgumentOutOfRangeException>(() => masks[2, 0] = true);
        Assert.Throws<ArgumentOutOfRangeException>(() => masks.Row(2));
    }
}
